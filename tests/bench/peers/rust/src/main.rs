//! Times the crates `rs-fsrs` (scheduler) and `fsrs` (scheduler and optimiser); one JSON object per line.
//!
//!     ignition-bench-peers speed
//!     ignition-bench-peers optimize FILE     FILE: written by `measure_fsrs generate`

use std::time::Instant;

/// The answers of tests/bench/peers/trace.txt, each given when the card is due.
fn trace() -> Vec<u32> {
    include_str!("../../trace.txt").split_whitespace().map(|word| word.parse().unwrap()).collect()
}

/// Median nanoseconds of one review; `card` lives one card's trace.
fn median_ns(cards: usize, reviews: usize, mut card: impl FnMut()) -> f64 {
    let mut each: Vec<f64> = (0..21)
        .map(|_| {
            let begin = Instant::now();
            (0..cards).for_each(|_| card());
            begin.elapsed().as_nanos() as f64 / (cards * reviews) as f64
        })
        .collect();
    each.sort_by(f64::total_cmp);
    each[each.len() / 2]
}

fn print(name: &str, value: f64, unit: &str) {
    println!("{{\"name\":\"{name}\",\"value\":{value},\"unit\":\"{unit}\"}}");
}

fn speed() {
    let trace = trace();
    let start = chrono::DateTime::from_timestamp(1_768_000_000, 0).unwrap();

    let scheduler = rs_fsrs::FSRS::default();
    let ratings: Vec<rs_fsrs::Rating> = trace
        .iter()
        .map(|rating| match rating {
            1 => rs_fsrs::Rating::Again,
            2 => rs_fsrs::Rating::Hard,
            3 => rs_fsrs::Rating::Good,
            _ => rs_fsrs::Rating::Easy,
        })
        .collect();
    let new_card = rs_fsrs::Card { due: start, last_review: start, ..rs_fsrs::Card::default() };
    let ns = median_ns(1000, trace.len(), || {
        let mut card = new_card.clone();
        for rating in &ratings {
            let now = card.due;
            card = scheduler.next(card, now, *rating).card;
        }
        std::hint::black_box(card);
    });
    print("rules.fsrs.rs_fsrs_ns", ns, "ns");

    // No states and steps here: the memory states and intervals of the four buttons, of which one is taken.
    let model = fsrs::FSRS::new(Some(&[])).unwrap();
    let ns = median_ns(20, trace.len(), || {
        let mut memory = None;
        let mut days = 0;
        for rating in &trace {
            let next = model.next_states(memory, 0.9, days).unwrap();
            let taken = match rating {
                1 => next.again,
                2 => next.hard,
                3 => next.good,
                _ => next.easy,
            };
            days = taken.interval.round().max(1.0) as u32;
            memory = Some(taken.memory);
        }
        std::hint::black_box(memory);
    });
    print("rules.fsrs.crate_fsrs_ns", ns, "ns");
}

struct Reader(std::io::BufReader<std::fs::File>);

impl Reader {
    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        std::io::Read::read_exact(&mut self.0, &mut bytes).unwrap();
        bytes
    }
    fn long(&mut self) -> i64 {
        i64::from_le_bytes(self.bytes())
    }
    fn longs(&mut self, count: usize) -> Vec<i64> {
        (0..count).map(|_| self.long()).collect()
    }
}

/// All items of the collection, in the order of their last reviews.
fn items(path: &str) -> Vec<fsrs::FSRSItem> {
    let mut file = Reader(std::io::BufReader::new(std::fs::File::open(path).unwrap()));
    let cards = file.long() as usize;
    let reviews = file.long() as usize;
    let offsets = file.longs(cards + 1);
    let at = file.longs(reviews);
    let days: Vec<u32> = (0..reviews).map(|_| u32::from_le_bytes(file.bytes())).collect();
    let ratings: Vec<u32> = (0..reviews).map(|_| u32::from(file.bytes::<1>()[0])).collect();
    let mut timed = Vec::new();
    for card in 0..cards {
        let (begin, end) = (offsets[card] as usize, offsets[card + 1] as usize);
        for last in begin + 1..end {
            if days[last] == 0 {
                continue;
            }
            let reviews = (begin..=last)
                .map(|i| fsrs::FSRSReview { rating: ratings[i], delta_t: days[i] })
                .collect();
            timed.push((at[last], fsrs::FSRSItem { reviews }));
        }
    }
    timed.sort_by_key(|(at, _)| *at);
    timed.into_iter().map(|(_, item)| item).collect()
}

fn optimize(path: &str) {
    let train_set = items(path);
    let begin = Instant::now();
    let input = fsrs::ComputeParametersInput { train_set, ..Default::default() };
    let parameters = fsrs::FSRS::new(None).unwrap().compute_parameters(input).unwrap();
    print("rules.fsrs.crate_optimize_s", begin.elapsed().as_secs_f64(), "s");
    println!("{{\"parameters\":{parameters:?}}}");
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    match words.get(1).map(String::as_str) {
        Some("speed") => speed(),
        Some("optimize") => optimize(&words[2]),
        _ => panic!("speed, or optimize FILE"),
    }
}
