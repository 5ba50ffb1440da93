import ArgumentParser
import Federation
import Foundation

/// What commands print: text for people, or one JSON value.
enum Output {
    /// A value of a JSON answer.
    enum Value {
        case string(String)
        case strings([String])
        case number(Int)
        case bool(Bool)
        case null
        case list([[String: Value]])
        case object([String: Value])
        /// As it was read.
        case json(JSONValue)
    }

    /// A line on standard output.
    static func line(_ text: String) { print(text) }

    /// What is wrong, or only odd, in a file, as programs read it.
    static func rows(_ errors: [ConfigurationError]) -> Value {
        .list(
            errors.map { error in
                [
                    "file": .string(error.file), "line": error.line.map { .number($0) } ?? .null,
                    "column": error.column.map { .number($0) } ?? .null,
                    "message": .string(error.message),
                    "remedy": error.remedy.map { .string($0) } ?? .null,
                ]
            })
    }

    /// A text that others chose, without what moves a terminal's cursor or turns its writing.
    static func plain(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate,
                        .privateUse, .unassigned:
                        "\u{FFFD}"
                    default: scalar
                    }
                }))
    }

    /// A text that may be missing.
    static func text(_ text: String?) -> Value { text.map { .string($0) } ?? .null }

    /// A line on standard error.
    static func error(_ text: String) {
        FileHandle.standardError.write(Data("\(text)\n".utf8))
    }

    /// One JSON object on one line, its members by name.
    static func json(_ members: [String: Value]) { print(text(of: members)) }

    /// A value on one line.
    static func text(of value: JSONValue) -> String {
        String(decoding: value.serialized(), as: UTF8.self)
    }

    /// A value for people: a member a line, short arrays on one.
    static func readable(_ value: JSONValue, indent: String = "") -> String {
        let inner = indent + "  "
        switch value {
        case .object(let object) where object.count > 0:
            let members = object.members.map { member in
                "\(inner)\(text(of: .string(member.name))): "
                    + readable(member.value, indent: inner)
            }
            return "{\n\(members.joined(separator: ",\n"))\n\(indent)}"
        case .array(let elements):
            let line = text(of: value)
            if line.count + indent.count < 90 { return line }
            let rows = elements.map { inner + readable($0, indent: inner) }
            return "[\n\(rows.joined(separator: ",\n"))\n\(indent)]"
        case .object, .string, .number, .bool, .null: return text(of: value)
        }
    }

    private static func text(of members: [String: Value]) -> String {
        String(decoding: value(.object(members)).serialized(), as: UTF8.self)
    }

    private static func value(_ value: Value) -> JSONValue {
        switch value {
        case .string(let text): .string(text)
        case .strings(let texts): .array(texts.map { .string($0) })
        case .number(let number): .integer(number)
        case .bool(let flag): .bool(flag)
        case .null: .null
        case .json(let value): value
        case .list(let rows): .array(rows.map { self.value(.object($0)) })
        case .object(let members):
            .object(members.sorted { $0.key < $1.key }.map { ($0.key, self.value($0.value)) })
        }
    }
}

/// A command that cannot run: the reason goes to standard error, the exit code is 2.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String

    init(_ reason: String) { description = "ocmgate: \(reason)" }

    /// `file:line:column: message; remedy`, a line for each.
    init(_ errors: ConfigurationErrors) { description = errors.description }
}

/// The exit codes of every command (`0` fine).
enum Exit {
    /// It ran and found something wrong.
    static let findings = ExitCode(1)
    /// It could not run.
    static let cannotRun = ExitCode(2)
    /// The policy refuses.
    static let refused = ExitCode(3)
}
