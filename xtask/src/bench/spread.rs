//! What many measurements of one thing come to: the middle one, and how far they lie apart.

use std::fmt::{Display, Formatter};

/// The middle, the least and the greatest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

/// Two sides of a comparison that were measured by turns.
#[derive(Default)]
pub(crate) struct Pairs {
    pub(crate) off: Vec<f64>,
    pub(crate) on: Vec<f64>,
}

impl Spread {
    /// Of these; all zero where there are none.
    pub(crate) fn of(values: &[f64]) -> Self {
        let sorted = sorted(values);
        Self {
            median: quantile(&sorted, 0.5),
            min: quantile(&sorted, 0.0),
            max: quantile(&sorted, 1.0),
        }
    }

    /// In another unit.
    pub(crate) fn per(self, unit: f64) -> Self {
        Self {
            median: self.median / unit,
            min: self.min / unit,
            max: self.max / unit,
        }
    }
}

impl Pairs {
    /// What one side is of the other, pair by pair.
    pub(crate) fn ratio(&self) -> Spread {
        let ratios: Vec<f64> = self.on.iter().zip(&self.off).map(|(on, off)| on / off).collect();
        Spread::of(&ratios)
    }
}

impl Display for Spread {
    fn fmt(&self, into: &mut Formatter<'_>) -> std::fmt::Result {
        let digits = into.precision().unwrap_or(3);
        let Self { median, min, max } = self;
        write!(into, "{median:.digits$} ({min:.digits$} to {max:.digits$})")
    }
}

/// The value that this part of all values does not exceed; `sorted` is in order.
pub(crate) fn quantile(sorted: &[f64], part: f64) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a position among at most some millions of values"
    )]
    let position = (sorted.len().saturating_sub(1) as f64 * part).round() as usize;
    sorted.get(position).copied().unwrap_or_default()
}

/// In order.
pub(crate) fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::{Pairs, Spread, quantile};

    #[test]
    fn of_values() {
        let spread = Spread::of(&[3.0, 1.0, 2.0]);
        assert_eq!(format!("{spread:.1}"), "2.0 (1.0 to 3.0)");
        assert_eq!(Spread::of(&[]).to_string(), "0.000 (0.000 to 0.000)");
    }

    #[test]
    fn a_ratio_is_of_each_pair() {
        let pairs = Pairs {
            off: vec![1.0, 10.0, 100.0],
            on: vec![2.0, 10.0, 300.0],
        };
        assert_eq!(format!("{:.0}", pairs.ratio()), "2 (1 to 3)");
    }

    #[test]
    fn quantiles() {
        let sorted: Vec<f64> = (0..=100).map(f64::from).collect();
        for (part, expected) in [(0.0, 0.0), (0.5, 50.0), (0.99, 99.0), (1.0, 100.0)] {
            assert!(
                (quantile(&sorted, part) - expected).abs() < f64::EPSILON,
                "{part}"
            );
        }
    }
}
