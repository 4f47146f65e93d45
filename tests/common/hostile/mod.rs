//! References as apps write them and as nobody should: seeded, so that a seed
//! is a test case. Parts that mean something are put together, then some of the
//! result is damaged at random.

#[rustfmt::skip]
pub mod parts;

use parts::{
    CLIENT_NAMES, CLIENTS, DAMAGE, FRAGMENTS, HOSTS, LOOK_ALIKES, NAMES, ODD_HOSTS, ODD_PATHS,
    OPTIONAL_NAMES, OTHER_HOSTS, OTHER_PATHS, PATHS, PORTS, SCHEMES, SCOPE_NAMES, SEPARATORS,
    SLASHES, TOKENS, TRIMMED, USERINFO, VALUES,
};

/// A small generator of numbers that is the same everywhere (splitmix64).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// One of the first half with this chance, else any.
    fn ordinary<'p>(&mut self, chance: usize, of: &[&'p [u8]]) -> &'p [u8] {
        match self.percent(chance) {
            true => self.one(&of[..of.len() / 2]),
            false => self.one(of),
        }
    }

    /// The first with this chance, else any of the others.
    fn mostly<'p>(&mut self, chance: usize, first: &'p [u8], others: &[&'p [u8]]) -> &'p [u8] {
        match self.percent(chance) {
            true => first,
            false => self.one(others),
        }
    }
}

/// Returns a reference; about one in three leads to an endpoint.
pub fn reference(random: &mut Random) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend(random.mostly(92, b"", TRIMMED));
    out.extend(random.mostly(80, b"https:", SCHEMES));
    out.extend(random.mostly(85, b"//", SLASHES));
    out.extend(random.mostly(90, b"", USERINFO));
    let hosts = match random.below(100) {
        0..55 => HOSTS,
        55..75 => ODD_HOSTS,
        _ => OTHER_HOSTS,
    };
    out.extend(random.one(hosts));
    out.extend(random.mostly(85, b"", PORTS));
    let paths = match random.below(100) {
        0..60 => &PATHS[..1],
        60..75 => PATHS,
        75..88 => ODD_PATHS,
        _ => OTHER_PATHS,
    };
    out.extend(random.one(paths));
    if random.percent(93) {
        out.push(b'?');
        query(random, &mut out);
    }
    out.extend(random.mostly(85, b"", FRAGMENTS));
    out.extend(random.mostly(92, b"", TRIMMED));
    if random.percent(12) {
        for _ in 0..=random.below(3) {
            damage(random, &mut out);
        }
    }
    out
}

fn query(random: &mut Random, out: &mut Vec<u8>) {
    let mut has_client = false;
    for piece in 0..random.below(9) {
        if piece > 0 {
            out.extend(random.mostly(94, b"&", &[b"&&", b";", b"&amp;", b"", b"&\t"]));
        }
        let (names, values) = match random.below(100) {
            0..35 => (SCOPE_NAMES, &[][..]),
            35..45 => (OPTIONAL_NAMES, &[][..]),
            // More than one client_id is for the few.
            45..65 if !has_client || random.percent(10) => (CLIENT_NAMES, CLIENTS),
            65..75 => (LOOK_ALIKES, VALUES),
            _ => (NAMES, VALUES),
        };
        has_client |= names == CLIENT_NAMES;
        out.extend(random.mostly(60, names[0], names));
        out.extend(random.mostly(92, b"=", &[b"", b"==", b"%3D", b"\n="]));
        match values {
            [] => scope_list(random, out),
            values => out.extend(random.ordinary(70, values)),
        }
    }
}

fn scope_list(random: &mut Random, out: &mut Vec<u8>) {
    for place in 0..random.below(6) {
        if place > 0 {
            out.extend(random.mostly(50, b"+", SEPARATORS));
        }
        out.extend(random.ordinary(80, TOKENS));
    }
}

fn damage(random: &mut Random, out: &mut Vec<u8>) {
    let at = random.below(out.len() + 1);
    match random.below(4) {
        0 if at < out.len() => _ = out.remove(at),
        1 if at < out.len() => out[at] = random.next() as u8,
        2 => out.insert(at, random.next() as u8),
        _ => _ = out.splice(at..at, random.one(DAMAGE).iter().copied()),
    }
}
