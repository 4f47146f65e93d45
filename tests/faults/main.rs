//! Faults: what the program does when its app, its clients or its surroundings fail.
//!
//! The program runs as a process of its own, with short limits where a limit is the
//! subject; apps and clients are sockets and threads of the test. Memory, descriptors and
//! processor time are what the system says of the process. What a test waits for is an
//! event; where it sleeps, the pace is the fault itself.
//!
//! Each fault, and the tests that show it; those without a folder are here.
//!
//! | fault | tests |
//! |---|---|
//! | nobody listens, then somebody does | `upstream::app_that_comes_back_is_reached_by_the_first_request`; wire `restarts`, `failures` |
//! | connections are swallowed; the app is stopped | `upstream::connection_that_nobody_takes_ends_at_the_limit`, `upstream::stopped_app_is_a_timeout_until_it_goes_on`; upstream `connecting` |
//! | no answer | `limits`; wire `failures::app_that_never_answers_is_a_gateway_timeout`; upstream `http2_faults` |
//! | slow body | `bodies::dripping_body_arrives_whole`; upstream `bodies` |
//! | body breaks off, however it is framed | `bodies::app_that_breaks_off_in_the_middle_of_a_body_is_seen_as_broken`; wire `truncation`, `http2`; upstream `bodies`, `http2_faults`, `tls` |
//! | half-close before the answer | `upstream::app_that_half_closes_before_it_answers_is_a_bad_gateway`; wire `failures` |
//! | free connections close as requests come | `reuse`; wire `pool`, `restarts` |
//! | nonsense | `upstream::app_that_talks_nonsense_once_is_asked_again_for_the_next_request`; wire `failures`; upstream `heads` |
//! | heads too large | `upstream::heads_beyond_the_limits_take_no_memory`; wire `failures`; upstream `heads` |
//! | endless heads and interim answers | `upstream::endless_heads_end_early_and_take_no_memory`; wire `messages`; upstream `interim` |
//! | endless body | `bodies::endless_body_takes_constant_memory`; wire `streaming` |
//! | ambiguous framing | `upstream::ambiguous_answer_is_refused_or_made_clear`; wire `failures`, `hop_by_hop` |
//! | bytes after an answer | `upstream::no_client_gets_what_came_after_an_answer`; wire `truncation`; upstream `reuse` |
//! | protocol switched unasked | wire `upgrades::switch_that_nobody_asked_for_is_a_failure`, `switch_to_another_protocol_is_a_failure` |
//! | early refusal of an upload | `bodies::early_refusal_of_an_upload_arrives_every_time`, `…_over_http2_every_time`; wire `streaming`, `http2`; upstream `uploads` |
//! | 100 expected and refused | wire `messages::client_that_expects_100_gets_a_final_answer_alone` |
//! | certificates renewed, or broken | `tls::certificates_are_renewed_without_a_failed_handshake`, `tls::broken_certificates_leave_the_old_ones_in_place`; certificates `renewal`, `faults` |
//! | the app's certificate is not its own | `tls::upstream_with_a_certificate_that_is_not_its_own_gets_no_request`; certificates `upstream`; upstream `tls` |
//! | configuration broken when it is read again | `reload` |
//! | told to stop while tunnels and streams are open; signals that mean nothing | wire `shutdown`; server `drain` |
//! | killed and started again | `operation::killed_program_listens_again_at_once` |
//! | log blocked or closed | `operation::requests_go_on_while_nobody_reads_the_log`; command_line `run` |
//! | too few descriptors | `operation::too_few_descriptors_leave_some_for_the_app`, `operation::clients_at_once_wait_for_descriptors_to_the_app`, `operation::lack_of_descriptors_that_lasts_…`; upstream `reuse` |
//! | little memory | `operation::thousand_connections_fit_in_64_megabytes` |
//! | clients leave at any time | `clients::clients_that_leave_leave_nothing_behind`; wire `streaming`, `http2` |
//! | ten thousand idle connections | `clients::ten_thousand_idle_connections_are_cheap_and_closed_at_the_limit` |
//! | heads and handshakes that never end | `clients::what_clients_never_finish_is_closed_in_time`, `heads_that_drip_…`, `handshakes_that_clients_never_finish_…`; server `limits` |
//! | slow or stalled uploads | `bodies::upload_that_stalls_is_a_408_and_the_app_sees_a_break`, `bodies::upload_that_drips_arrives_whole`; upstream `uploads` |
//! | readers that do not read | `bodies::readers_of_nothing_hold_the_app_up_and_are_closed`, `bodies::slow_reader_is_not_closed`; server `limits` |
//! | floods and small windows of HTTP/2 | `http2`; server `floods` |
//! | loops | `loops`; wire `forwarding` |
//! | tunnels refused, silent, half-closed, reset, large | `tunnels`; wire `upgrades`, `http2` |
//! | events and long polls | `events`; wire `streaming` |

#[path = "../certificates/authority.rs"]
#[expect(dead_code, reason = "tests/certificates uses the rest of it")]
mod authority;
#[path = "../server/frames.rs"]
mod frames;
#[path = "../certificates/handshake.rs"]
#[expect(dead_code, reason = "tests/certificates uses the rest of it")]
mod handshake;
#[path = "../process/mod.rs"]
mod process;
#[path = "../wire/raw.rs"]
#[expect(dead_code, reason = "tests/wire uses the rest of it")]
mod raw;

mod bodies;
mod clients;
mod events;
mod http2;
mod limits;
mod loops;
mod operation;
mod program;
mod reload;
mod reuse;
mod site;
mod tls;
mod tunnels;
mod upstream;

use authority::{Authority, Leaf};
