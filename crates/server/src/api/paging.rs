//! Lists page by page, in the shape that the compatible API documents (that of mongoose-paginate).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenon_engine::model::{Page, Paging};

/// The most items on a page.
const LARGEST: u32 = 100;
/// How many items are on a page where nobody says.
const USUAL: u32 = 10;

/// Which page of a list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(super) struct PageQuery {
    /// The page, counted from 1.
    #[schemars(range(max = u32::MAX))]
    page: Option<u32>,
    /// How many items a page holds: 10 where nobody says, at most 100.
    #[schemars(range(max = u32::MAX))]
    limit: Option<u32>,
}

impl PageQuery {
    /// The page that is meant. What is out of bounds is moved to the bound; the answer says which limit was taken.
    pub(super) fn paging(&self) -> Paging {
        Paging {
            page: self.page.unwrap_or(1).max(1),
            limit: self.limit.unwrap_or(USUAL).clamp(1, LARGEST),
        }
    }
}

/// One page of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "{T}Page")]
pub(super) struct Paged<T> {
    docs: Vec<T>,
    total_docs: u64,
    limit: u32,
    total_pages: u64,
    page: u32,
    paging_counter: u64,
    has_prev_page: bool,
    has_next_page: bool,
    prev_page: Option<u32>,
    next_page: Option<u32>,
}

impl<T> Paged<T> {
    /// A page as it is shown.
    pub(super) fn new<S>(page: Page<S>, paging: Paging, show: impl FnMut(S) -> T) -> Self {
        let total_pages = page.total.div_ceil(u64::from(paging.limit)).max(1);
        let has_next_page = u64::from(paging.page) < total_pages;
        let has_prev_page = paging.page > 1;
        Self {
            docs: page.items.into_iter().map(show).collect(),
            total_docs: page.total,
            limit: paging.limit,
            total_pages,
            page: paging.page,
            paging_counter: paging.offset() + 1,
            has_prev_page,
            has_next_page,
            prev_page: has_prev_page.then(|| paging.page - 1),
            next_page: has_next_page.then(|| paging.page.saturating_add(1)),
        }
    }
}
