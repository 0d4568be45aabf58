//! Times a closure. Goes behind a Rust block with `+bench`, as a module; `bench_harness.py` does the
//! same for Python.
//!
//! The output of the first call is shown, and it can read input. Later calls print to `/dev/null` and
//! read end of file.

use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::io::{Write, stderr, stdout};
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, FromRawFd};
use std::process::{ExitCode, Termination};
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

/// A call of the timed code: dynamic, so that the compiler cannot hoist any of it out of the loop.
type TimedCall<'a> = &'a mut dyn FnMut() -> Result<(), Box<dyn Error>>;

/// Calls per sample, and how long each sample took.
type Samples = (u64, Vec<f64>);

/// How often a measurement shows how far it is.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

unsafe extern "C" {
    fn dup(file: i32) -> i32;
    fn dup2(file: i32, target: i32) -> i32;
}

/// Copies of standard output and standard error while they are muted; -1 otherwise.
static SAVED_FILES: [AtomicI32; 2] = [AtomicI32::new(-1), AtomicI32::new(-1)];

/// Runs the call once, then times it and reports the result. `text` is the timed statement.
pub fn time(text: &str, call: TimedCall<'_>) -> Result<(), Box<dyn Error>> {
    call()?;
    let budget = std::env::var("LIVEDECK_BENCH_MS").ok().and_then(|text| text.parse().ok());
    let budget = Duration::from_millis(budget.unwrap_or(1000));
    mute();
    let call = black_box(call);
    let timed = measure(call, budget, &|measured, done| {
        let file = SAVED_FILES[1].load(Ordering::SeqCst);
        if file >= 0 {
            // SAFETY: the file is open until `unmute`, and not closed here.
            let mut file = ManuallyDrop::new(unsafe { File::from_raw_fd(file) });
            report(&mut *file, &format!("sampling;{done}"), measured, false, text);
        }
    });
    let is_empty = timed.as_ref().is_ok_and(is_very_fast).then(|| is_no_op(call));
    let _ = stdout().flush();
    unmute();
    report(&mut stderr(), "bench", &timed?, is_empty.transpose()?.unwrap_or_default(), text);
    Ok(())
}

/// Turns what `main` returned into a result.
pub fn into_result(value: impl Termination) -> Result<(), Box<dyn Error>> {
    let is_fine = value.report() == ExitCode::SUCCESS;
    if is_fine { Ok(()) } else { Err("`main` has failed".into()) }
}

/// Redirects standard input, output and error to `/dev/null`. A panic restores them.
fn mute() {
    let _ = stdout().flush();
    let Ok(null) = File::options().read(true).write(true).open("/dev/null") else { return };
    // SAFETY: as below.
    unsafe { dup2(null.as_raw_fd(), 0) };
    for (number, file) in [1, 2].into_iter().zip(&SAVED_FILES) {
        // SAFETY: these are numbers of open files; no memory is accessed.
        unsafe {
            file.store(dup(number), Ordering::SeqCst);
            dup2(null.as_raw_fd(), number);
        }
    }
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        unmute();
        default(info);
    }));
}

/// Restores standard output and standard error.
fn unmute() {
    for (number, file) in [1, 2].into_iter().zip(&SAVED_FILES) {
        let file = file.swap(-1, Ordering::SeqCst);
        if file >= 0 {
            // SAFETY: as above.
            unsafe { dup2(file, number) };
        }
    }
}

/// Returns how long `count` calls take, in nanoseconds.
fn sample(call: TimedCall<'_>, count: u64) -> Result<f64, Box<dyn Error>> {
    let start = Instant::now();
    for _ in 0..count {
        call()?;
    }
    Ok(start.elapsed().as_nanos() as f64)
}

/// Warms up for an eighth of the budget, then takes samples of equally many calls until the budget is
/// spent. Returns the calls per sample, and how long each sample took, in nanoseconds. Passes them to
/// `progress` between samples, with the share of the budget that they used, in thousandths.
fn measure(
    call: TimedCall<'_>,
    budget: Duration,
    progress: &dyn Fn(&Samples, u16),
) -> Result<Samples, Box<dyn Error>> {
    let mut shown = Instant::now();
    let mut show = |count, samples: &[f64], done: f64| {
        if shown.elapsed() >= PROGRESS_INTERVAL {
            progress(&(count, samples.to_vec()), (done * 1000.0).min(1000.0) as u16);
            shown = Instant::now();
        }
    };
    let budget = budget.as_nanos() as f64;
    let (target, mut count, mut spent) = (budget / 50.0, 1_u64, 0.0);
    let (took, wanted) = loop {
        let took = sample(call, count)?;
        spent += took;
        show(count, &[took], 0.0);
        let wanted = (count as f64 * target / took.max(1.0)) as u64;
        let wanted = wanted.clamp(1, count * 10);
        if spent >= budget / 8.0 {
            break (took, wanted);
        }
        count = wanted;
    };
    // The last warm-up call of a slow statement counts as a sample.
    let is_slow = count == 1 && took >= target;
    let mut count = if is_slow { 1 } else { wanted };
    let mut samples = Vec::new();
    samples.extend(is_slow.then_some(took));
    let mut total: f64 = samples.iter().sum();
    while total < budget || samples.len() < 3 && total < 3.0 * budget {
        let took = sample(call, count)?;
        if took < target / 10.0 {
            // The warm-up was not typical: the machine paused, or the caches were cold.
            count *= (target / took.max(1.0)).min(100.0) as u64;
            samples.clear();
            total = 0.0;
            continue;
        }
        samples.push(took);
        total += took;
        show(count, &samples, total / budget);
    }
    Ok((count, samples))
}

/// Returns whether any sample is fast enough for a call that does nothing, on any machine.
fn is_very_fast((count, samples): &Samples) -> bool {
    const MAX_NANOSECONDS: f64 = 100.0;
    samples.iter().any(|sample| sample / *count as f64 <= MAX_NANOSECONDS)
}

/// Returns whether a call takes as long as one that does nothing. Rounds are short: even on a busy
/// machine, some of them finish without being preempted.
fn is_no_op(call: TimedCall<'_>) -> Result<bool, Box<dyn Error>> {
    const ROUNDS: u32 = 500;
    const CALLS: u64 = 1000;
    let mut no_op = || {
        let _ = black_box(0_u64);
        Ok(())
    };
    let (mut least, mut floor) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        least = least.min(sample(call, CALLS)?);
        floor = floor.min(sample(black_box(&mut no_op), CALLS)?);
    }
    Ok(least <= floor * 1.5 + 0.3 * CALLS as f64)
}

/// Returns a quantile of sorted samples; `share` is from 0 to 1.
fn quantile(samples: &[f64], share: f64) -> f64 {
    let at = (samples.len() - 1) as f64 * share;
    let (below, above) = (at as usize, (at as usize + 1).min(samples.len() - 1));
    samples[below] + (samples[above] - samples[below]) * (at - below as f64)
}

/// Returns the sorted times of one call.
fn calls((count, samples): &Samples) -> Vec<f64> {
    let mut calls: Vec<f64> = samples.iter().map(|sample| sample / *count as f64).collect();
    calls.sort_by(f64::total_cmp);
    calls
}

/// Writes a report as an escape sequence, which livedeck takes out of the output.
fn report(file: &mut dyn Write, head: &str, measured: &Samples, is_empty: bool, text: &str) {
    let (count, total): (u64, f64) = (measured.0, measured.1.iter().sum());
    let calls = calls(measured);
    let (low, high) = if calls.len() >= 4 { (0.25, 0.75) } else { (0.0, 1.0) };
    let [median, low, high] = [0.5, low, high].map(|share| quantile(&calls, share));
    let is_empty = u8::from(is_empty);
    let samples = calls.len();
    let all = count * samples as u64;
    let report = format!(
        "\x1b_livedeck-{head};{all};{samples};{total};{median};{low};{high};{is_empty};{text}\x1b\\"
    );
    // In one write: threads of the block may write too.
    let _ = file.write_all(report.as_bytes());
}
