//! Where a kernel comes from: one that is installed here, or one of a Jupyter server.

use std::sync::Arc;

use super::KernelContext;
use super::process::KernelProcess;
use super::running::RunningKernel;
use super::server::{ServerApi, ServerKernel, ServerSpec};
use super::spec::KernelSpec;
use crate::deck::RemoteHost;

/// A kernel that can be started.
pub(super) enum KernelOrigin {
    /// It is installed here.
    Installed(KernelSpec),
    /// A server has it.
    OnServer(ServerSpec, Arc<RemoteHost>),
}

impl KernelOrigin {
    /// Returns its name, with its server.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Installed(spec) => spec.name.clone(),
            Self::OnServer(spec, host) => format!("{} on {}", spec.name, host.name),
        }
    }

    /// Returns its name for people.
    pub(super) fn display_name(&self) -> &str {
        match self {
            Self::Installed(spec) => &spec.display_name,
            Self::OnServer(spec, _) => &spec.display_name,
        }
    }

    /// Starts it. Does not wait for it.
    ///
    /// # Errors
    /// It cannot be started: a message.
    pub(super) fn start(
        &self,
        context: &Arc<KernelContext>,
    ) -> Result<Box<dyn RunningKernel>, String> {
        Ok(match self {
            Self::Installed(spec) => Box::new(KernelProcess::start(spec, context)?),
            Self::OnServer(spec, host) => {
                let server = host.jupyter.as_ref().ok_or("its server is unknown")?;
                // The token may be another one since the last start.
                let api = Arc::new(ServerApi::new(server, &context.directory)?);
                Box::new(ServerKernel::start(&spec.name, &api, &context.on_servers)?)
            }
        })
    }
}
