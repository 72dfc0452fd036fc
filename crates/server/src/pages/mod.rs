//! Pages for people: templates in the program, everything in them escaped, and answers whose headers keep a page what it
//! is. What the pages are about is the business of [`crate::connect`] and [`crate::docs`].

mod answer;
mod templates;

pub(crate) use answer::{html, script, style};
pub(crate) use templates::render;
