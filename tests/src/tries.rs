//! Modules full of the older encoding's exceptions, made from a seed: every way to nest `try`, `catch`, `delegate` and
//! `rethrow`, with branches out of them. What is executed is written to a log, which is what `run` returns.

use std::fmt::Write as _;

use crate::random::Random;

/// How many tags there are: all but the last carry an `i32`.
const TAGS: usize = 3;
const FUNCTIONS: usize = 6;
/// Blocks are nested no deeper.
const DEPTH_MAX: usize = 5;

/// What a label belongs to, as far as statements inside care.
#[derive(Clone, Copy, PartialEq)]
enum Label {
    Plain,
    /// The code of a clause, whose exception can be thrown again.
    Clause,
}

/// Writes the text of one module.
struct Writer {
    random: Random,
    text: String,
    logged: u64,
    /// Labels around the current statement, outermost first.
    labels: Vec<Label>,
}

/// The text of a module that exports `run`, which takes an `i32` and gives an `i64`.
pub fn module(seed: u64) -> String {
    let mut writer = Writer { random: Random::new(seed), text: String::new(), logged: 0, labels: Vec::new() };
    writer.text.push_str("(module (tag (param i32)) (tag (param i32)) (tag) (global $log (mut i64) (i64.const 1))\n");
    for function in 0..FUNCTIONS {
        writer.text.push_str("(func (param i32) (result i32) (local i32)\n");
        let count = 3 + writer.random.below(5);
        writer.statements(function, count);
        writer.text.push_str("i32.const 7)\n");
    }
    let _ = write!(
        writer.text,
        "(func (export \"run\") (param i32) (result i64)\ntry local.get 0 call {} drop\n",
        FUNCTIONS - 1
    );
    for (clause, drop) in [("", ""), ("catch 0", "drop"), ("catch 1", "drop"), ("catch 2", "")] {
        let _ = write!(writer.text, "{clause} {drop} ");
        writer.log();
    }
    writer.text.push_str("end global.get $log))");
    writer.text
}

impl Writer {
    fn statements(&mut self, function: usize, count: usize) {
        (0..count).for_each(|_| self.statement(function));
    }

    /// A block's contents, with one more label around them.
    fn inside(&mut self, function: usize, label: Label, count_max: usize) {
        self.labels.push(label);
        let count = 1 + self.random.below(count_max);
        self.statements(function, count);
        self.labels.pop();
    }

    fn statement(&mut self, function: usize) {
        if self.labels.len() > DEPTH_MAX {
            return self.log();
        }
        match self.random.below(50) {
            0..10 => self.log(),
            10..16 => {
                self.condition();
                self.text.push_str("if ");
                self.throw();
                self.text.push_str("end\n");
            }
            16..21 if function > 0 => {
                let callee = self.random.below(function);
                let _ =
                    writeln!(self.text, "local.get 0 i32.const {} i32.xor call {callee} drop", self.random.below(4));
            }
            21..25 => {
                self.text.push_str("block\n");
                self.inside(function, Label::Plain, 3);
                self.text.push_str("end\n");
            }
            25..28 if !self.labels.is_empty() => {
                self.condition();
                let depth = self.random.below(self.labels.len());
                let _ = writeln!(self.text, "br_if {depth}");
            }
            28..31 => {
                // Inside one more block.
                self.condition();
                self.text.push_str("if ");
                self.rethrow(1);
                self.text.push_str("end\n");
            }
            31..33 => self.rethrow(0),
            33..37 => {
                self.text.push_str("try\n");
                self.inside(function, Label::Plain, 4);
                let depth = self.random.below(self.labels.len() + 1);
                let _ = writeln!(self.text, "delegate {depth}");
            }
            37..39 => {
                self.condition();
                self.text.push_str("if\n");
                self.inside(function, Label::Plain, 2);
                self.text.push_str("else\n");
                self.inside(function, Label::Plain, 2);
                self.text.push_str("end\n");
            }
            _ => self.try_with_clauses(function),
        }
    }

    fn try_with_clauses(&mut self, function: usize) {
        self.text.push_str("try\n");
        self.inside(function, Label::Plain, 4);
        let (first, count) = (self.random.below(TAGS), self.random.below(TAGS + 1));
        for tag in (first..first + count).map(|tag| tag % TAGS) {
            let _ = writeln!(self.text, "catch {tag}");
            if tag < TAGS - 1 {
                let into_log =
                    "global.get $log i64.const 31 i64.mul local.get 1 i64.extend_i32_s i64.add global.set $log";
                let _ = writeln!(self.text, "local.set 1 {into_log}");
            }
            self.inside(function, Label::Clause, 3);
        }
        if self.random.below(5) < 2 {
            self.text.push_str("catch_all\n");
            self.inside(function, Label::Clause, 3);
        }
        self.text.push_str("end\n");
    }

    fn log(&mut self) {
        self.logged += 1;
        let number = self.logged;
        let _ = writeln!(self.text, "global.get $log i64.const 31 i64.mul i64.const {number} i64.add global.set $log");
    }

    /// A bit of the argument.
    fn condition(&mut self) {
        let _ = write!(self.text, "local.get 0 i32.const {} i32.shr_u i32.const 1 i32.and ", self.random.below(8));
    }

    fn throw(&mut self) {
        let tag = self.random.below(TAGS);
        if tag < TAGS - 1 {
            let _ = write!(self.text, "local.get 0 i32.const {} i32.add ", self.random.below(100));
        }
        let _ = writeln!(self.text, "throw {tag}");
    }

    /// Throws what a clause around has caught, if there is one; `inner` more labels are around than are noted.
    fn rethrow(&mut self, inner: usize) {
        let depths = self.labels.iter().rev().enumerate().filter(|(_, label)| **label == Label::Clause);
        let depths: Vec<usize> = depths.map(|(depth, _)| depth + inner).collect();
        match depths.len() {
            0 => self.log(),
            count => {
                let depth = depths[self.random.below(count)];
                let _ = writeln!(self.text, "rethrow {depth}");
            }
        }
    }
}
