//! Apps that close a free connection just when a request comes.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::program::Program;
use crate::raw::Wire;
use crate::site::{self, OK, Site, next_head, path};

const CLIENTS: usize = 4;

/// Every connection answers one request, and ends when the next one comes or a moment before.
#[test]
fn no_get_fails_when_connections_close_as_requests_come() {
    let site = closing_site(|_| {});
    let program = Program::start(site.address, "");
    clients(&program, 250, |wire, path| {
        wire.send(site::get(path));
        assert_eq!(wire.message(), OK);
    });
}

#[test]
fn no_post_is_seen_twice_when_connections_close_as_requests_come() {
    let seen = Arc::new(Mutex::new(HashMap::<String, usize>::new()));
    let noted = Arc::clone(&seen);
    let site = closing_site(move |head| {
        *noted
            .lock()
            .unwrap()
            .entry(path(head).to_owned())
            .or_default() += 1;
    });
    let program = Program::start(site.address, "");
    let answered = AtomicUsize::new(0);
    clients(&program, 250, |wire, path| {
        wire.send(format!(
            "POST {path} HTTP/1.1\r\nHost: app\r\nContent-Length: 0\r\n\r\n"
        ));
        let answer = wire.message();
        let is_well = answer == OK;
        assert!(is_well || answer.starts_with("HTTP/1.1 502 "), "{answer}");
        answered.fetch_add(usize::from(is_well), Ordering::Relaxed);
    });
    let seen = seen.lock().unwrap();
    let twice: Vec<_> = seen.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    assert!(answered.load(Ordering::Relaxed) <= seen.len());
}

/// `note` hears of each head that was read.
fn closing_site(note: impl Fn(&str) + Send + Sync + 'static) -> Site {
    let turn = AtomicUsize::new(0);
    Site::start(move |mut wire| {
        let Some(head) = next_head(&mut wire) else {
            return;
        };
        note(&head);
        wire.send_lossy(OK);
        match turn.fetch_add(1, Ordering::Relaxed) % 3 {
            // At once: it is closed when the next one comes, or is being.
            0 => {}
            // When it has come, unread: that is a reset.
            1 => {
                let _ = wire.stream().peek(&mut [0]);
            }
            // When it was read.
            _ => {
                if let Some(head) = next_head(&mut wire) {
                    note(&head);
                }
            }
        }
    })
}

/// Has some clients ask one thing after another, each for paths of its own.
fn clients(program: &Program, requests: usize, ask: impl Fn(&mut Wire, &str) + Sync) {
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let ask = &ask;
            scope.spawn(move || {
                let mut wire = program.client();
                for place in 0..requests {
                    ask(&mut wire, &format!("/{client}-{place}"));
                }
            });
        }
    });
}
