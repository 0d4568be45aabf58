//! Mermaid diagrams, by `merman`, measured with the font that they are drawn with.

use std::time::Duration;

use merman::svg::{
    CssOverridePolicy, DeterministicTextMeasurer, HostTheme, HostThemeAppearance,
    MeasurementProfileId, Presentation, RenderResourcePolicy, SvgOutputPolicy, SvgPipelinePreset,
    TextMeasurementPolicy, TextMeasurementProfile, TextMeasurementProfileIdentity, ThemeRole,
};
use merman::{
    Engine, MermaidConfig, OperationControl, RenderError, RenderOutput, RenderRequest, Renderer,
    SvgEnvironment, SvgRequest,
};
use unicode_width::UnicodeWidthStr as _;

use super::fonts::FAMILY;
use super::{DrawError, TEXT_SIZE};
use crate::ansi::{Channels, mix};
use crate::layout::{DrawingColors, DrawingLook};
use crate::theme::MermaidConfigFile;

/// Width of a character of our font, in em.
const CHARACTER_WIDTH: f64 = 0.602;

/// When the library gives up; the caller's limit is a little later.
const DEADLINE: Duration = Duration::from_millis(4_500);

/// Draws a diagram as SVG.
pub(super) fn draw(
    text: &str,
    colors: &DrawingColors,
    look: &DrawingLook,
) -> Result<String, DrawError> {
    let failed = |error: &dyn std::fmt::Display| DrawError::new(format!("mermaid: {error}"));
    let output = SvgOutputPolicy {
        preset: SvgPipelinePreset::ResvgSafe,
        css_override_policy: CssOverridePolicy::StripExistingImportant,
        ..SvgOutputPolicy::default()
    };
    let config = config(look)?;
    let has_own_theme = ["theme", "themeVariables"].iter().any(|key| config.get(*key).is_some());
    let presentation = if has_own_theme {
        Presentation::new()
    } else {
        Presentation::new().with_theme(theme(colors).map_err(|error| failed(&error))?)
    };
    let (config, presentation) = (MermaidConfig::from_value(config), presentation.resolve());
    let engine = presentation.materialize_engine(Engine::new().with_site_config(config));
    let measures = measures().map_err(|error| failed(&error))?;
    let environment = SvgEnvironment::deterministic()
        .with_text_measurement_policy(measures)
        .with_resource_policy(RenderResourcePolicy::interactive());
    let request = SvgRequest {
        environment,
        pipeline: Some(output.pipeline()),
        presentation: presentation.render_policy(),
        ..SvgRequest::default()
    };
    let control = OperationControl::new().with_deadline(DEADLINE);
    let renderer =
        Renderer::new().with_engine(engine).with_parse_options(merman::ParseOptions::strict());
    match renderer.render(RenderRequest::svg(text, control, request)) {
        Ok(RenderOutput::Svg(Some(svg))) => Ok(without_filters(&svg.into_parts().0)),
        Ok(_) | Err(RenderError::NoDiagram) => Err(unknown()),
        Err(RenderError::Parse(error)) if is_unknown(&error.terminal_safe_message()) => {
            Err(unknown())
        }
        Err(RenderError::Cancelled(_)) => {
            Err(DrawError::new("this diagram takes more than 4 seconds to draw"))
        }
        Err(RenderError::Parse(error)) => {
            let details = error.terminal_diagnostic_details();
            let message = reason(&error.terminal_safe_message());
            let wrong = DrawError::new(format!("this diagram is not valid: {message}"));
            Err(match details.span {
                Some(span) => wrong.at_byte(text, span.start),
                None => wrong,
            })
        }
        Err(error) if error.to_string().contains("capability `math`") => {
            let hint = "write them as text: `σ`, `x²`".to_owned();
            let error = DrawError::new("formulas (`$$…$$`) in diagrams are not drawn");
            Err(DrawError { hint: Some(hint), ..error })
        }
        Err(error) => Err(failed(&first_line(&error.to_string()))),
    }
}

/// Returns mermaid's configuration: the user's, with what drawing in our font needs.
fn config(look: &DrawingLook) -> Result<serde_json::Value, DrawError> {
    let mut config = serde_json::json!({"fontSize": TEXT_SIZE});
    if let Some(theme) = &look.mermaid_theme {
        config["theme"] = (&**theme).into();
    }
    if let Some(MermaidConfigFile { name, text }) = look.mermaid_config.as_deref() {
        let wrong = |why: String| DrawError::new(format!("`mermaid.config_path`: {name}{why}"));
        let text = text.as_ref().map_err(|why| wrong(format!(": {why}")))?;
        let own: serde_json::Value =
            serde_json::from_str(text).map_err(|error| wrong(format!(" is not JSON: {error}")))?;
        merge(&mut config, own);
    }
    let needed = serde_json::json!({
        "fontFamily": FAMILY,
        "htmlLabels": false,
        "flowchart": {"htmlLabels": false},
    });
    merge(&mut config, needed);
    Ok(config)
}

/// Sets the values of `from` in `into`.
fn merge(into: &mut serde_json::Value, from: serde_json::Value) {
    match (into, from) {
        (serde_json::Value::Object(into), serde_json::Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(serde_json::Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

/// Removes filters: shadows have no place in a terminal, and not every viewer of exports has them.
fn without_filters(svg: &str) -> String {
    let mut kept = String::with_capacity(svg.len());
    let mut parts = svg.split(" filter=\"url(#");
    kept.push_str(parts.next().unwrap_or_default());
    for part in parts {
        kept.push_str(part.split_once('"').map_or(part, |(_, rest)| rest));
    }
    kept
}

/// Returns the error for text that begins with no kind of diagram.
fn unknown() -> DrawError {
    let hint = "the first line names it, such as `flowchart LR` or `sequenceDiagram`";
    let error = DrawError::new("this is not a diagram that mermaid knows");
    DrawError { hint: Some(hint.to_owned()), at: Some((1, 1)), ..error }
}

fn is_unknown(message: &str) -> bool {
    message.starts_with("No Mermaid diagram type detected")
}

/// Returns a message of the library as we write messages.
fn reason(message: &str) -> String {
    let message = first_line(message);
    let message = match message.split_once("): ") {
        Some((start, rest)) if start.starts_with("Diagram parse error") => rest,
        _ => &message,
    };
    let mut chars = message.trim_end_matches('.').chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

fn first_line(message: &str) -> String {
    message.lines().find(|line| !line.trim().is_empty()).unwrap_or("unknown error").to_owned()
}

/// Measures text in our font, in which every column has the same width.
fn measures() -> Result<TextMeasurementPolicy, Box<dyn std::error::Error>> {
    let width = |text: &str, style: &merman::svg::TextStyle| {
        let columns = u32::try_from(text.width()).unwrap_or(u32::MAX);
        f64::from(columns) * CHARACTER_WIDTH * style.font_size.max(1.0)
    };
    let measurer = DeterministicTextMeasurer::default().with_width_callback(width);
    let id = MeasurementProfileId::new("livedeck.monospace")?;
    let identity = TextMeasurementProfileIdentity::new(id, FAMILY.to_owned())?;
    Ok(TextMeasurementPolicy::uniform(TextMeasurementProfile::new(identity, measurer)))
}

/// Returns the diagram's theme.
fn theme(colors: &DrawingColors) -> Result<HostTheme, Box<dyn std::error::Error>> {
    let DrawingColors { foreground, background, surface, accent, series } = *colors;
    let appearance =
        if colors.is_dark() { HostThemeAppearance::Dark } else { HostThemeAppearance::Light };
    let line = mix(background, foreground, 65);
    let [note, success, _, warning, error] = series;
    let roles = [
        (ThemeRole::Canvas, background),
        (ThemeRole::Surface, surface),
        (ThemeRole::SurfaceAlt, mix(background, foreground, 20)),
        (ThemeRole::SurfaceMuted, mix(background, foreground, 6)),
        (ThemeRole::Text, foreground),
        (ThemeRole::SubtleText, mix(background, foreground, 75)),
        (ThemeRole::Border, accent),
        (ThemeRole::Line, line),
        (ThemeRole::EdgeLabelBackground, background),
        (ThemeRole::ClusterBackground, mix(background, foreground, 6)),
        (ThemeRole::ClusterBorder, line),
        (ThemeRole::NoteBackground, mix(background, note, 20)),
        (ThemeRole::NoteBorder, note),
        (ThemeRole::NoteText, foreground),
        (ThemeRole::ActorBackground, surface),
        (ThemeRole::ActorBorder, accent),
        (ThemeRole::ActorText, foreground),
        (ThemeRole::ActivationBackground, mix(background, foreground, 30)),
        (ThemeRole::ActivationBorder, line),
        (ThemeRole::Error, error),
        (ThemeRole::Warning, warning),
        (ThemeRole::Success, success),
    ];
    let mut theme = HostTheme::new().with_appearance(appearance).try_with_font_family(FAMILY)?;
    for (role, color) in roles {
        theme = theme.try_with_role(role, hex(color))?;
    }
    let names = series.map(hex);
    Ok(theme.try_with_series_palette(names.each_ref().map(String::as_str))?)
}

fn hex([red, green, blue]: Channels) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}
