//! Congestion control by path: CUBIC where answers come within some milliseconds, BBR3 elsewhere.
//!
//! CUBIC fills a LAN with less work and takes each lost packet for a sign of congestion; over a
//! radio link or a long way, where packets are lost without it, BBR3 is many times as fast
//! (`docs/benchmarks.md`). How far a path goes is known after a few answers; until then both
//! follow, and what may be sent is CUBIC's, because both begin alike.

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use iroh::endpoint::{Controller, ControllerFactory, ControllerMetrics, RttEstimator};
use noq_proto::congestion::{Bbr3Config, CubicConfig};

/// Answers after which the kind of a path is known.
const SAMPLES: u32 = 8;
/// A path with a shorter round trip is within a site.
const NEAR: Duration = Duration::from_millis(8);

/// Makes the controller of each path.
#[derive(Debug, Default)]
pub(super) struct ByPath {
    near: Arc<CubicConfig>,
    far: Arc<Bbr3Config>,
}

impl ControllerFactory for ByPath {
    fn build(self: Arc<Self>, now: Instant, current_mtu: u16) -> Box<dyn Controller> {
        let near = Arc::clone(&self.near).build(now, current_mtu);
        let far = Arc::clone(&self.far).build(now, current_mtu);
        Box::new(PathController { chosen: near, other: Some(far), samples: 0, least: Duration::MAX })
    }
}

/// Two controllers until one is chosen.
#[derive(Debug)]
struct PathController {
    /// What may be sent is as this one says; CUBIC until the path is known.
    chosen: Box<dyn Controller>,
    /// BBR3 until the path is known.
    other: Option<Box<dyn Controller>>,
    samples: u32,
    /// The shortest round trip so far.
    least: Duration,
}

impl PathController {
    fn each(&mut self, mut tell: impl FnMut(&mut dyn Controller)) {
        tell(self.chosen.as_mut());
        if let Some(other) = &mut self.other {
            tell(other.as_mut());
        }
    }

    fn choose(&mut self, round_trip: Duration) {
        self.samples += 1;
        self.least = self.least.min(round_trip);
        if self.samples < SAMPLES {
            return;
        }
        if let Some(far) = self.other.take().filter(|_| self.least >= NEAR) {
            self.chosen = far;
        }
    }
}

impl Controller for PathController {
    fn on_sent(&mut self, now: Instant, bytes: u64, largest_pn: u64) {
        self.each(|one| one.on_sent(now, bytes, largest_pn));
    }

    fn on_packet_sent(&mut self, now: Instant, bytes: u16, pn: u64) {
        self.each(|one| one.on_packet_sent(now, bytes, pn));
    }

    fn on_cwnd_limited(&mut self) {
        self.each(|one| one.on_cwnd_limited());
    }

    fn on_ack(&mut self, now: Instant, sent: Instant, bytes: u64, pn: u64, app_limited: bool, rtt: &RttEstimator) {
        self.each(|one| one.on_ack(now, sent, bytes, pn, app_limited, rtt));
        if self.other.is_some() {
            self.choose(rtt.get());
        }
    }

    fn on_end_acks(&mut self, now: Instant, in_flight: u64, app_limited: bool, largest_packet_num_acked: Option<u64>) {
        self.each(|one| one.on_end_acks(now, in_flight, app_limited, largest_packet_num_acked));
    }

    fn on_congestion_event(
        &mut self,
        now: Instant,
        sent: Instant,
        is_persistent_congestion: bool,
        is_ecn: bool,
        lost_bytes: u64,
        largest_lost_pn: u64,
    ) {
        self.each(|one| {
            one.on_congestion_event(now, sent, is_persistent_congestion, is_ecn, lost_bytes, largest_lost_pn);
        });
    }

    fn on_packet_lost(&mut self, lost_bytes: u16, pn: u64, now: Instant) {
        self.each(|one| one.on_packet_lost(lost_bytes, pn, now));
    }

    fn on_spurious_congestion_event(&mut self) {
        self.each(|one| one.on_spurious_congestion_event());
    }

    fn on_mtu_update(&mut self, new_mtu: u16) {
        self.each(|one| one.on_mtu_update(new_mtu));
    }

    fn on_ack_frequency_update(&mut self, ack_eliciting_threshold: u64, requested_max_ack_delay: Duration) {
        self.each(|one| one.on_ack_frequency_update(ack_eliciting_threshold, requested_max_ack_delay));
    }

    fn window(&self) -> u64 {
        self.chosen.window()
    }

    fn metrics(&self) -> ControllerMetrics {
        self.chosen.metrics()
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        let other = self.other.as_ref().map(|other| other.clone_box());
        Box::new(Self { chosen: self.chosen.clone_box(), other, samples: self.samples, least: self.least })
    }

    fn initial_window(&self) -> u64 {
        self.chosen.initial_window()
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self.chosen.into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn controller() -> PathController {
        let now = Instant::now();
        let far = Arc::new(Bbr3Config::default()).build(now, 1200);
        let near = Arc::new(CubicConfig::default()).build(now, 1200);
        PathController { chosen: near, other: Some(far), samples: 0, least: Duration::MAX }
    }

    /// The name of the controller that is left after some answers.
    fn chosen(round_trip: Duration) -> String {
        let mut controller = controller();
        for _ in 0..SAMPLES {
            assert!(controller.other.is_some());
            controller.choose(round_trip);
        }
        assert!(controller.other.is_none());
        format!("{:?}", controller.chosen).chars().take_while(|c| c.is_alphanumeric()).collect()
    }

    #[test]
    fn near_path_is_left_to_cubic_and_a_far_one_to_bbr() {
        assert_eq!(chosen(Duration::from_micros(300)), "Cubic");
        assert_eq!(chosen(Duration::from_millis(7)), "Cubic");
        assert_eq!(chosen(Duration::from_millis(8)), "Bbr3");
        assert_eq!(chosen(Duration::from_millis(600)), "Bbr3");
    }

    #[test]
    fn both_begin_with_windows_of_one_size() {
        let controller = controller();
        let far = controller.other.as_ref().unwrap().initial_window();
        assert!(controller.initial_window() <= 2 * far && far <= 2 * controller.initial_window(), "{far}");
    }
}
