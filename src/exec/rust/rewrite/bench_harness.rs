//! Times a closure. Livedeck puts this text behind a block of Rust with `+bench`, as a module of its
//! own; the same is done in Python by `stopwatch.py`.
//!
//! The first call shows what it prints, and reads what it is told. From there on nothing is printed or
//! read, for nobody is to read it a thousand times, or to answer.

use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::io::{Write, stderr, stdout};
use std::os::fd::AsRawFd;
use std::process::{ExitCode, Termination};
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

/// What a block does when it is called: a call of nobody knows what, so that nothing of it can be
/// done once for all.
type Call<'a> = &'a mut dyn FnMut() -> Result<(), Box<dyn Error>>;

unsafe extern "C" {
    fn dup(file: i32) -> i32;
    fn dup2(file: i32, place: i32) -> i32;
}

/// Standard output and standard error as they were.
static FILES: [AtomicI32; 2] = [AtomicI32::new(-1), AtomicI32::new(-1)];

/// Calls it once, then times it; `text` is what it is.
pub fn time(text: &str, call: Call<'_>) -> Result<(), Box<dyn Error>> {
    call()?;
    let budget = std::env::var("LIVEDECK_BENCH_MS").ok().and_then(|text| text.parse().ok());
    let budget = Duration::from_millis(budget.unwrap_or(1000));
    hush();
    let call = black_box(call);
    let timed = measure(call, budget);
    let is_empty = timed.as_ref().is_ok_and(could_be_nothing).then(|| is_nothing(call));
    let _ = stdout().flush();
    speak();
    report(timed?, is_empty.transpose()?.unwrap_or_default(), text);
    Ok(())
}

/// What `main` has returned, as a call.
pub fn ended(value: impl Termination) -> Result<(), Box<dyn Error>> {
    let is_fine = value.report() == ExitCode::SUCCESS;
    if is_fine { Ok(()) } else { Err("`main` has failed".into()) }
}

/// Sends to nowhere what is printed, and has nothing to be read; a panic is heard all the same.
fn hush() {
    let _ = stdout().flush();
    let Ok(null) = File::options().read(true).write(true).open("/dev/null") else { return };
    // SAFETY: as below.
    unsafe { dup2(null.as_raw_fd(), 0) };
    for (place, file) in [1, 2].into_iter().zip(&FILES) {
        // SAFETY: these are numbers of open files; no memory is involved.
        unsafe {
            file.store(dup(place), Ordering::SeqCst);
            dup2(null.as_raw_fd(), place);
        }
    }
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |what| {
        speak();
        usual(what);
    }));
}

/// Has what is printed be seen again.
fn speak() {
    for (place, file) in [1, 2].into_iter().zip(&FILES) {
        let file = file.swap(-1, Ordering::SeqCst);
        if file >= 0 {
            // SAFETY: as above.
            unsafe { dup2(file, place) };
        }
    }
}

/// What so many calls take, in nanoseconds.
fn sample(call: Call<'_>, count: u64) -> Result<f64, Box<dyn Error>> {
    let start = Instant::now();
    for _ in 0..count {
        call()?;
    }
    Ok(start.elapsed().as_nanos() as f64)
}

/// Calls it for a while to see how long that takes, then in samples of as many calls until the time
/// is up: how many calls a sample has, and what each sample took, in nanoseconds.
fn measure(call: Call<'_>, budget: Duration) -> Result<(u64, Vec<f64>), Box<dyn Error>> {
    let budget = budget.as_nanos() as f64;
    let (aim, mut count, mut spent) = (budget / 50.0, 1_u64, 0.0);
    let (took, wanted) = loop {
        let took = sample(call, count)?;
        spent += took;
        let wanted = (count as f64 * aim / took.max(1.0)) as u64;
        let wanted = wanted.clamp(1, count * 10);
        if spent >= budget / 8.0 {
            break (took, wanted);
        }
        count = wanted;
    };
    // What is slow need not be done once more only to be thrown away.
    let is_slow = count == 1 && took >= aim;
    let mut count = if is_slow { 1 } else { wanted };
    let mut samples = Vec::new();
    samples.extend(is_slow.then_some(took));
    let mut total: f64 = samples.iter().sum();
    while total < budget || samples.len() < 3 && total < 3.0 * budget {
        let took = sample(call, count)?;
        if took < aim / 10.0 {
            // What was seen first was something else: a pause of the machine, an empty cache.
            count *= (aim / took.max(1.0)).min(100.0) as u64;
            samples.clear();
            total = 0.0;
            continue;
        }
        samples.push(took);
        total += took;
    }
    Ok((count, samples))
}

/// Whether a call was ever so fast that it may be one that does nothing, on any machine.
fn could_be_nothing((count, samples): &(u64, Vec<f64>)) -> bool {
    const NANOSECONDS: f64 = 100.0;
    samples.iter().any(|sample| sample / *count as f64 <= NANOSECONDS)
}

/// Whether a call takes as long as one that does nothing. Rounds are short, so that on a busy machine,
/// too, some are over before the processor is taken away.
fn is_nothing(call: Call<'_>) -> Result<bool, Box<dyn Error>> {
    const ROUNDS: u32 = 500;
    const CALLS: u64 = 1000;
    let mut nothing = || {
        let _ = black_box(0_u64);
        Ok(())
    };
    let (mut least, mut floor) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        least = least.min(sample(call, CALLS)?);
        floor = floor.min(sample(black_box(&mut nothing), CALLS)?);
    }
    Ok(least <= floor * 1.5 + 0.3 * CALLS as f64)
}

/// The value below which this share of sorted samples is.
fn quantile(samples: &[f64], share: f64) -> f64 {
    let at = (samples.len() - 1) as f64 * share;
    let (below, above) = (at as usize, (at as usize + 1).min(samples.len() - 1));
    samples[below] + (samples[above] - samples[below]) * (at - below as f64)
}

/// Sorted times of one call.
fn calls((count, samples): (u64, Vec<f64>)) -> Vec<f64> {
    let mut calls: Vec<f64> = samples.iter().map(|sample| sample / count as f64).collect();
    calls.sort_by(f64::total_cmp);
    calls
}

/// Tells what was measured, as the one who listens expects it.
fn report(measured: (u64, Vec<f64>), is_empty: bool, text: &str) {
    let (count, total): (u64, f64) = (measured.0, measured.1.iter().sum());
    let calls = calls(measured);
    let (low, high) = if calls.len() >= 4 { (0.25, 0.75) } else { (0.0, 1.0) };
    let [median, low, high] = [0.5, low, high].map(|share| quantile(&calls, share));
    let is_empty = u8::from(is_empty);
    let samples = calls.len();
    let all = count * samples as u64;
    let report = format!(
        "\x1b_livedeck-bench;{all};{samples};{total};{median};{low};{high};{is_empty};{text}\x1b\\"
    );
    // In one piece, for threads of the block may write, too.
    let _ = stderr().write_all(report.as_bytes());
}
