//! One URL, each of its characters spelled as a producer may.

use super::super::hostile::Random;
use super::places::Spelling;
use super::{LISTS, List};

/// A character and how it is spelled.
type Unit = (u8, Vec<u8>);

/// A pair behind the `?` or `&` before it.
struct Pair {
    mark: Vec<Unit>,
    text: Vec<Unit>,
    edit: Edit,
}

enum Edit {
    Nothing,
    Drop,
    /// So many characters stay, and this stands behind them.
    Write(usize, String),
}

/// Returns a URL of `client`, longer by `filling`, and what must become of it.
pub fn url(
    random: &mut Random,
    spelling: Spelling,
    client: &str,
    filling: usize,
) -> (Vec<u8>, Vec<u8>) {
    let mut pairs = pairs(random, client);
    let place = random.below(pairs.len() + 1);
    pairs.insert(place, (format!("x={}", "y".repeat(filling)), Edit::Nothing));
    // A script may have yet to add the scope where it stands last without a value.
    while pairs
        .last()
        .is_some_and(|(pair, _)| pair.ends_with("cope="))
    {
        pairs.rotate_right(1);
    }
    let mut spell = |text: &str| -> Vec<Unit> {
        let unit = |byte| (byte, spelling.of(random, byte));
        text.bytes().map(unit).collect()
    };
    let base = spell("https://zoom.us/oauth/authorize");
    let spelled = |(place, (text, edit)): (usize, (String, Edit))| Pair {
        mark: spell(if place == 0 { "?" } else { "&" }),
        text: spell(&text),
        edit,
    };
    let pairs: Vec<_> = pairs.into_iter().enumerate().map(spelled).collect();
    let fragment = spell(["", "", "#top"][place % 3]);

    let before = pairs.iter().flat_map(|pair| [&pair.mark, &pair.text]);
    let before = [&base].into_iter().chain(before).chain([&fragment]);
    let before: Vec<Unit> = before.flatten().cloned().collect();
    let mut after = base;
    let mark = &pairs[0].mark;
    let mut stays = pairs.iter().filter(|pair| !matches!(pair.edit, Edit::Drop));
    for (place, pair) in stays.by_ref().enumerate() {
        after.extend_from_slice(if place == 0 { mark } else { &pair.mark });
        match &pair.edit {
            Edit::Write(kept, text) => {
                after.extend_from_slice(&pair.text[..*kept]);
                after.extend(text.bytes().map(|byte| alike(byte, &before)));
            }
            _ => after.extend_from_slice(&pair.text),
        }
    }
    after.extend(fragment);
    (bytes(before), bytes(after))
}

fn pairs(random: &mut Random, client: &str) -> Vec<(String, Edit)> {
    let mut pairs = vec![(format!("client_id={client}"), Edit::Nothing)];
    let others = [
        "state=it-s_1",
        "redirect_uri=https%3A%2F%2Fa.example%2Fcb",
        "",
        "scopes=a",
    ];
    for other in others.into_iter().filter(|_| random.percent(40)) {
        pairs.push((other.to_owned(), Edit::Nothing));
    }
    // What several lists become together is not asked here.
    let most = if client == "normal" { 2 } else { 4 };
    for _ in 0..random.below(most) {
        let name = random.one(&["scope", "scope", "%73cope"]);
        let list = random.one(LISTS);
        let edit = match client {
            "kept" => Edit::Nothing,
            "normal" if list.is_normal() => Edit::Nothing,
            "normal" => normalized(name, list),
            _ => Edit::Drop,
        };
        let place = random.below(pairs.len() + 1);
        pairs.insert(place, (format!("{name}={}", list.raw), edit));
    }
    pairs
}

fn normalized(name: &str, list: List) -> Edit {
    let optional = list.optional.map(|it| format!("optional_scope={it}"));
    match (list.scope, optional) {
        (None, None) => Edit::Drop,
        (None, Some(optional)) => Edit::Write(0, optional),
        (Some(scope), None) => Edit::Write(name.len() + 1, scope.to_owned()),
        (Some(scope), Some(optional)) => Edit::Write(name.len() + 1, format!("{scope}&{optional}")),
    }
}

/// A new character is spelled like the first of its kind.
fn alike(byte: u8, before: &[Unit]) -> Unit {
    let known = before.iter().find(|(known, _)| *known == byte);
    known.cloned().unwrap_or_else(|| match byte {
        b'\'' => (byte, b"%27".to_vec()),
        byte => (byte, vec![byte]),
    })
}

fn bytes(units: Vec<Unit>) -> Vec<u8> {
    units.into_iter().flat_map(|(_, spelled)| spelled).collect()
}
