//! Lists, a page at a time.

/// A page of a list, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    /// The page's number, from 1.
    pub page: u32,
    /// How many items a page holds, 1 to 100.
    pub limit: u32,
}

impl Paging {
    /// How many items stand before this page.
    pub fn offset(self) -> u64 {
        u64::from(self.page.saturating_sub(1)) * u64::from(self.limit)
    }
}

/// The items of one page, and how many there are in all.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// This page's items.
    pub items: Vec<T>,
    /// The number of all items.
    pub total: u64,
}
