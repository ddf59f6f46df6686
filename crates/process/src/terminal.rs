//! The marks that Workerman's texts carry for the terminal: `<n>` goes up a line, `<w>` and `<g>` switch colours on.

use std::env;

/// Each mark, with the control sequence that a terminal gets for it.
const MARKS: [(&str, &str); 6] = [
    ("<n>", "\x1b[1A\n\x1b[K"),
    ("<w>", "\x1b[47;30m"),
    ("<g>", "\x1b[32;40m"),
    ("</n>", "\x1b[0m"),
    ("</w>", "\x1b[0m"),
    ("</g>", "\x1b[0m"),
];

/// Replaces the marks in `message`: by control sequences for a terminal with colours, by nothing for anything else.
#[must_use]
pub fn decorate(message: &str, tty: bool) -> String {
    let mut output = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(start) = rest.find('<') {
        let (before, after) = rest.split_at(start);
        output.push_str(before);
        let (mark, sequence) = mark_at(after).unwrap_or(("<", "<"));
        output.push_str(if tty || mark == "<" { sequence } else { "" });
        rest = &after[mark.len()..];
    }
    output.push_str(rest);
    output
}

/// How many columns `text` takes when its marks are gone. Bytes are counted, as everywhere in Workerman's tables.
#[must_use]
pub(crate) fn visible_width(text: &str) -> usize {
    decorate(text, false).len()
}

/// How many columns the terminal has that standard output is; `None` if it is none.
#[must_use]
pub fn width() -> Option<usize> {
    let stdout = std::io::stdout();
    let (width, _) = terminal_size::terminal_size_of(&stdout)?;
    Some(usize::from(width.0))
}

/// Whether colours may be sent to an output: never with `NO_COLOR` in the environment, else to terminals and to Hyper.
#[must_use]
pub fn has_colors(is_terminal: bool) -> bool {
    if env::var_os("NO_COLOR").is_some() {
        return false;
    }
    env::var_os("TERM_PROGRAM").is_some_and(|program| program == "Hyper") || is_terminal
}

fn mark_at(text: &str) -> Option<(&'static str, &'static str)> {
    MARKS.into_iter().find(|(mark, _)| text.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_control_sequences() {
        assert_eq!(
            decorate("<n><w> WORKERS </w></n>", true),
            "\x1b[1A\n\x1b[K\x1b[47;30m WORKERS \x1b[0m\x1b[0m"
        );
        assert_eq!(decorate("<g> [OK] </g>", true), "\x1b[32;40m [OK] \x1b[0m");
    }

    #[test]
    fn anything_else_gets_the_text() {
        assert_eq!(decorate("<n>a<w>b</w>c<g>d</g></n>", false), "abcd");
    }

    #[test]
    fn other_angle_brackets_stay() {
        for text in ["a < b > c", "<", "<<", "<x>", "</x>", "<W>", "é<é"] {
            assert_eq!(decorate(text, true), text);
            assert_eq!(decorate(text, false), text);
        }
        assert_eq!(decorate("<<w>", false), "<");
    }

    #[test]
    fn what_is_no_terminal_has_no_colors() {
        assert!(!has_colors(false) || env::var_os("TERM_PROGRAM").is_some());
    }
}
