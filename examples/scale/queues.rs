//! The queues: arrivals by chance, servers that take one message after the other.

use std::collections::BTreeMap;

/// What a deployment consists of, and how long each part takes. Seconds.
pub struct World {
    /// Places on the map; requests are spread over them as over cities: the nth has a share of
    /// 1/n.
    places: usize,
    /// Requests a second that one isolate serves before the platform starts another.
    isolate_serves: f64,
    /// Keys, and the share of requests of the one that is used most (1/n again).
    keys: usize,
    tasks: usize,
    models: usize,
    /// Of a task's requests, those that its winner answers.
    winner: f64,
    /// Settlements of one isolate to one Learner go together within this.
    gathers: f64,
    /// A Learner writes to the database so long after its last write.
    copies_after: f64,
    /// Decisions that a Learner keeps a second.
    decisions_a_second: f64,
    /// An isolate reads what is shared again after this.
    snapshot_after: f64,
    account_takes: f64,
    /// A message to a Learner, and each settlement in it.
    learner_takes: f64,
    settlement_takes: f64,
    /// A read of the database, a write, and each row of it.
    read_takes: f64,
    write_takes: f64,
    row_takes: f64,
}

impl Default for World {
    fn default() -> World {
        World {
            places: 40,
            isolate_serves: 150.0,
            keys: 2_000,
            tasks: 5,
            models: 9,
            winner: 0.85,
            gathers: 0.25,
            copies_after: 2.0,
            decisions_a_second: 50.0,
            snapshot_after: 10.0,
            account_takes: 0.000_8,
            learner_takes: 0.000_7,
            settlement_takes: 0.000_03,
            read_takes: 0.000_5,
            write_takes: 0.002,
            row_takes: 0.000_05,
        }
    }
}

#[derive(Clone, Copy)]
pub struct Load {
    /// Requests a second.
    pub rate: f64,
    pub seconds: f64,
    pub seed: u64,
}

/// How one server, or the busiest of several, fared.
pub struct Queue {
    /// Share of the time in which it served.
    pub busy: f64,
    /// Seconds that a message waits before it is served: 99 in 100 wait no longer.
    pub wait_p99: f64,
}

pub struct Played {
    pub rate: f64,
    pub isolates: usize,
    /// Messages to objects, and rows written by all, a request.
    pub messages: f64,
    pub rows: f64,
    pub rows_but_decisions: f64,
    pub account: Queue,
    pub learner: Queue,
    pub database: Queue,
}

/// Plays it: first what comes to accounts and isolates, then what these send to Learners, then
/// what these write.
pub fn play(world: &World, load: Load) -> Played {
    let mut dice = Dice(load.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let share_of_first = 1.0 / harmonic(world.places);
    // Isolates of a place, as many as its share of the traffic wants.
    let isolates: Vec<usize> = (1..=world.places)
        .map(|place| {
            let rate = load.rate * share_of_first / place as f64;
            (rate / world.isolate_serves).ceil().max(1.0) as usize
        })
        .collect();

    let mut accounts: BTreeMap<usize, Server> = BTreeMap::new();
    // What an isolate gathers for a Learner, and until when.
    let mut gathered: BTreeMap<(usize, usize, usize), (f64, u32)> = BTreeMap::new();
    let mut told: Vec<(f64, usize, u32)> = Vec::new();
    let mut seen: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    let mut reads: Vec<f64> = Vec::new();
    let (mut requests, mut messages) = (0_u64, 0_u64);
    let mut at = 0.0;
    loop {
        at += dice.exponential(1.0 / load.rate);
        if at > load.seconds {
            break;
        }
        requests += 1;
        let place = dice.zipf(world.places);
        let isolate = (dice.uniform() * isolates[place] as f64) as usize;
        let read = seen.entry((place, isolate)).or_insert(f64::NEG_INFINITY);
        if at - *read > world.snapshot_after {
            *read = at;
            reads.push(at);
        }
        // Asked before the call, told its cost after it.
        let account = accounts.entry(dice.zipf(world.keys)).or_default();
        account.serve(at, dice.exponential(world.account_takes));
        account.serve(at, dice.exponential(world.account_takes));
        messages += 2;
        let learner = learner(world, &mut dice);
        let (until, count) = gathered
            .entry((place, isolate, learner))
            .or_insert((at + world.gathers, 0));
        if at > *until {
            told.push((*until, learner, *count));
            (*until, *count) = (at + world.gathers, 0);
        }
        *count += 1;
    }
    told.extend(
        gathered
            .into_iter()
            .map(|((.., learner), (until, count))| (until, learner, count)),
    );
    told.sort_by(|a, b| a.0.total_cmp(&b.0));
    messages += told.len() as u64;

    let mut learners: BTreeMap<usize, Server> = BTreeMap::new();
    let mut rows = 0.0;
    // What a Learner has to write: since when, and decisions.
    let mut unwritten: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    let mut writes: Vec<(f64, f64)> = Vec::new();
    let mut decisions = 0.0;
    for &(at, learner, count) in &told {
        let takes = world.learner_takes + f64::from(count) * world.settlement_takes;
        learners
            .entry(learner)
            .or_default()
            .serve(at, dice.exponential(takes));
        // Its state, and the highest number heard of the isolate.
        rows += 2.0;
        let (since, open) = unwritten.entry(learner).or_insert((at, 0.0));
        if at - *since > world.copies_after {
            let kept = f64::min(*open, world.decisions_a_second * (at - *since));
            writes.push((*since + world.copies_after, 1.0 + kept));
            decisions += kept;
            (*since, *open) = (at, 0.0);
        }
        *open += f64::from(count);
    }
    for (since, open) in unwritten.into_values() {
        let kept = f64::min(open, world.decisions_a_second * world.copies_after);
        writes.push((since + world.copies_after, 1.0 + kept));
        decisions += kept;
    }
    // The Feed keeps its ring once in ten seconds at the most, and is told by each write.
    let fed = f64::min(load.seconds / 10.0, writes.len() as f64);
    rows += fed + writes.iter().map(|(_, rows)| rows).sum::<f64>();
    messages += writes.len() as u64;
    let mut asked: Vec<(f64, f64)> = reads.iter().map(|&at| (at, world.read_takes)).collect();
    asked.extend(
        writes
            .iter()
            .map(|(at, rows)| (*at, world.write_takes + rows * world.row_takes)),
    );
    asked.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut database = Server::default();
    for (at, takes) in asked {
        database.serve(at, dice.exponential(takes));
    }

    let requests = requests.max(1) as f64;
    Played {
        rate: load.rate,
        isolates: isolates.iter().sum(),
        messages: messages as f64 / requests,
        rows: rows / requests,
        rows_but_decisions: (rows - decisions) / requests,
        account: busiest(accounts.into_values(), load.seconds),
        learner: busiest(learners.into_values(), load.seconds),
        database: busiest(std::iter::once(database), load.seconds),
    }
}

/// Most of a task's requests go to its winner, the others to any.
fn learner(world: &World, dice: &mut Dice) -> usize {
    let task = dice.zipf(world.tasks);
    let model = match dice.uniform() < world.winner {
        true => 0,
        false => (dice.uniform() * world.models as f64) as usize,
    };
    task * world.models + model
}

fn harmonic(n: usize) -> f64 {
    (1..=n).map(|rank| 1.0 / rank as f64).sum()
}

/// Serves one message after the other, in the order in which they come.
#[derive(Default)]
struct Server {
    free_at: f64,
    busy: f64,
    waits: Vec<f64>,
}

impl Server {
    fn serve(&mut self, at: f64, takes: f64) {
        let from = self.free_at.max(at);
        self.waits.push(from - at);
        self.busy += takes;
        self.free_at = from + takes;
    }
}

fn busiest(servers: impl Iterator<Item = Server>, seconds: f64) -> Queue {
    let Some(mut server) = servers.max_by(|a, b| a.busy.total_cmp(&b.busy)) else {
        return Queue {
            busy: 0.0,
            wait_p99: 0.0,
        };
    };
    server.waits.sort_by(f64::total_cmp);
    let p99 = server.waits.get(server.waits.len() * 99 / 100);
    Queue {
        busy: server.busy / seconds,
        wait_p99: p99.copied().unwrap_or_default(),
    }
}

/// Uniform numbers from a seed (xorshift64*: Vigna, "An experimental exploration of Marsaglia's
/// xorshift generators, scrambled", 2016).
struct Dice(u64);

impl Dice {
    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// By that mean: the times between arrivals by chance, and of services that vary much.
    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.uniform()).ln()
    }

    /// One of `n`, the rank r with a weight of 1/r, by the inverse of the continuous
    /// distribution.
    fn zipf(&mut self, n: usize) -> usize {
        let rank = (self.uniform() * ((n + 1) as f64).ln()).exp();
        (rank as usize).clamp(1, n) - 1
    }
}
