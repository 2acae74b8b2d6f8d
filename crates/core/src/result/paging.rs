//! Pages that lead to pages.

use crate::error::{Error, ErrorKind, Result};

/// Notices when pages lead back to one that was read, so that reading comes to an end.
///
/// Besides the last token, one is kept for twice as many pages each time: a circle of any length
/// comes by it.
#[derive(Debug, Default)]
pub(super) struct Paging {
    last: Option<String>,
    kept: Option<String>,
    pages: u64,
}

impl Paging {
    /// Notes that `token` leads from the last page to the next.
    ///
    /// Errors: `Service` for one that led there before; `what` names what is read.
    pub(super) fn follow(&mut self, token: &str, what: impl std::fmt::Display) -> Result<()> {
        let token = Some(token);
        if token == self.last.as_deref() || token == self.kept.as_deref() {
            let message = format!("{what} does not end: a page leads back to one that was read");
            return Err(Error::new(ErrorKind::Service, message));
        }
        self.last = token.map(str::to_owned);
        self.pages += 1;
        if self.pages.is_power_of_two() {
            self.kept.clone_from(&self.last);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many pages are followed of so many and then a circle of so many.
    fn followed(before: usize, circle: usize) -> usize {
        let mut paging = Paging::default();
        let page = |number| {
            if number < before {
                number
            } else {
                before + (number - before) % circle
            }
        };
        (0..)
            .find(|number| paging.follow(&page(*number).to_string(), "it").is_err())
            .unwrap()
    }

    #[test]
    fn a_page_that_leads_to_itself_is_followed_once() {
        for before in 0..100 {
            assert_eq!(followed(before, 1), before + 1);
        }
    }

    #[test]
    fn every_circle_comes_to_an_end() {
        for before in 0..40 {
            for circle in 2..40 {
                let pages = followed(before, circle);
                assert!(
                    pages <= 3 * (before + circle),
                    "{before}, {circle}: {pages}"
                );
            }
        }
    }

    #[test]
    fn pages_without_a_circle_are_all_followed() {
        let mut paging = Paging::default();
        for number in 0..10_000 {
            paging.follow(&number.to_string(), "it").unwrap();
        }
    }
}
