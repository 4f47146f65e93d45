//! Ten megabytes that open to ten gigabytes: they pass unopened, and cost next to nothing.

use std::{thread, time::Duration};

use rescope::coding::Coding;

use super::exchange::{Receiver, Sender};
use super::{CONFIG, encode};
use crate::raw::App;
use crate::running::Program;

#[test]
fn bomb_passes_unharmed_in_bounded_memory_and_time() {
    let app = App::start();
    for (name, coding) in [("gzip", Coding::Gzip), ("zstd", Coding::Zstd)] {
        let program = Program::configured(app.address(), CONFIG);
        // A body may be any number of members, or frames.
        let member = encode(Some((name, coding)), &vec![0; 32 << 20]);
        let bomb = member.repeat((10 << 20) / member.len());
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: {name}\r\n\
             ETag: \"a\"\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            bomb.len()
        );
        let (before, worked) = (program.peak_memory(), program.cpu_time());
        let (mut sender, stream) = Sender::start(&app, &program, &head);
        thread::scope(|scope| {
            scope.spawn(|| sender.send(&bomb).unwrap());
            let mut receiver = Receiver::start(stream);
            assert_eq!(receiver.head, head.replace("Connection: close\r\n", ""));
            receiver.expect(&bomb);
            receiver.expect_end();
        });
        let grown = program.peak_memory() - before;
        assert!(grown < 48 << 20, "{name}: {grown} bytes");
        // To open all of it would take a minute and more.
        let worked = program.cpu_time() - worked;
        assert!(worked < Duration::from_secs(20), "{name}: {worked:?}");
    }
}
