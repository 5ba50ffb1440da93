import Federation
package import HTTPSignatures
import OpenSSL

/// The same JSON as other programs write it: what a body may have been before a proxy, or a firewall
/// for applications, read it and wrote it anew.
enum JSONForms {
    /// All forms that differ from the body, each once; none for what is no JSON, nor for a long body;
    /// fewer where they would take much room, as those of deep arrays do.
    static func all(of body: [UInt8]) -> [SuspectBody] {
        guard body.count <= longest, let value = try? JSONValue(parsing: body) else { return [] }
        var forms: [[UInt8]] = []
        var left = mostMade
        for style in JSONStyle.all where left > 0 {
            var text: [UInt8] = []
            text.reserveCapacity(body.count * 2)
            style.write(value, depth: 0, into: &text)
            left -= text.count
            for form in [text, text + [0x0A]] where form != body && !forms.contains(form) {
                forms.append(form)
            }
        }
        return forms.map { SuspectBody($0, Distortion(.bodyRewritten)) }
    }

    /// Bytes of a body that is written anew in all styles; messages of the field have a fifth of it.
    private static let longest = 8_192
    /// Bytes of all forms, beyond which no further one is begun: anybody may send what they are made
    /// of, in the name of a peer. One form has at most 50 times the bytes of the body.
    private static let mostMade = 1 << 20
}

extension SuspectBody {
    /// All bodies that may have been a signer's, seen from the one that came.
    package static func all(of body: [UInt8]) -> [SuspectBody] {
        guard body.count <= longest else { return [] }
        return BodyForms.all(of: body) + JSONForms.all(of: body)
    }

    /// Bytes of a body that is tried in other forms.
    private static let longest = 65_536
}

/// One program's way of writing JSON.
struct JSONStyle: Sendable {
    /// Behind a comma, and behind a colon.
    let afterComma: String
    let afterColon: String
    /// What one level is indented by; nil: all in one line.
    let indent: String?
    let escapes: Escapes
    let order: Order

    /// What is escaped besides what must be.
    struct Escapes: OptionSet, Sendable {
        let rawValue: Int
        /// `\/`, as PHP does.
        static let slashes = Escapes(rawValue: 1)
        /// `\u00e9`, as PHP and Python do.
        static let nonASCII = Escapes(rawValue: 2)
        /// `\u003c`, as Go does for `<`, `>` and `&`.
        static let markup = Escapes(rawValue: 4)
    }

    /// Whether members stand as they came, or by their names.
    enum Order: Sendable {
        case kept, sorted
    }

    static let all: [JSONStyle] = {
        var styles: [JSONStyle] = []
        let lines: [(String, String, String?)] = [
            ("", "", nil), (" ", " ", nil), ("", " ", "  "), ("", " ", "    "), ("", " ", "\t"),
        ]
        let escapes: [Escapes] = [[], [.slashes, .nonASCII], .nonASCII, .slashes, .markup]
        for order in [Order.kept, .sorted] {
            for (comma, colon, indent) in lines {
                for escape in escapes {
                    styles.append(
                        JSONStyle(
                            afterComma: comma, afterColon: colon, indent: indent, escapes: escape,
                            order: order))
                }
            }
        }
        return styles
    }()

    func write(_ value: JSONValue, depth: Int, into text: inout [UInt8]) {
        switch value {
        case .null, .bool, .number: text += value.serialized()
        case .string(let string): write(string, into: &text)
        case .array(let elements):
            text.append(UInt8(ascii: "["))
            for (place, element) in elements.enumerated() {
                separate(place, depth + 1, &text)
                write(element, depth: depth + 1, into: &text)
            }
            end(elements.isEmpty, depth, &text)
            text.append(UInt8(ascii: "]"))
        case .object(let object):
            text.append(UInt8(ascii: "{"))
            for (place, member) in members(of: object).enumerated() {
                separate(place, depth + 1, &text)
                write(member.name, into: &text)
                text.append(UInt8(ascii: ":"))
                text += afterColon.utf8
                write(member.value, depth: depth + 1, into: &text)
            }
            end(object.members.isEmpty, depth, &text)
            text.append(UInt8(ascii: "}"))
        }
    }

    private func members(of object: JSONObject) -> [JSONObject.Member] {
        switch order {
        case .kept: object.members
        case .sorted:
            object.members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        }
    }

    private func separate(_ place: Int, _ depth: Int, _ text: inout [UInt8]) {
        if place > 0 {
            text.append(UInt8(ascii: ","))
            text += afterComma.utf8
        }
        breakLine(depth, &text)
    }

    private func end(_ isEmpty: Bool, _ depth: Int, _ text: inout [UInt8]) {
        if !isEmpty { breakLine(depth, &text) }
    }

    private func breakLine(_ depth: Int, _ text: inout [UInt8]) {
        guard let indent else { return }
        text.append(0x0A)
        for _ in 0..<depth { text += indent.utf8 }
    }

    private func write(_ string: String, into text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"", "\\": text += [UInt8(ascii: "\\"), UInt8(truncatingIfNeeded: scalar.value)]
            case "\n": text += "\\n".utf8
            case "\r": text += "\\r".utf8
            case "\t": text += "\\t".utf8
            case "\u{8}": text += "\\b".utf8
            case "\u{C}": text += "\\f".utf8
            case "/" where escapes.contains(.slashes): text += "\\/".utf8
            case _ where isEscaped(scalar):
                for unit in String(scalar).utf16 { Self.escape(unit, into: &text) }
            case _: text += String(scalar).utf8
            }
        }
        text.append(UInt8(ascii: "\""))
    }

    private func isEscaped(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x20 { return true }
        if !scalar.isASCII {
            return escapes.contains(.nonASCII)
                || escapes.contains(.markup) && (0x2028...0x2029).contains(scalar.value)
        }
        return escapes.contains(.markup) && ["<", ">", "&"].contains(scalar)
    }

    private static func escape(_ unit: UInt16, into text: inout [UInt8]) {
        text += "\\u".utf8
        for shift in [12, 8, 4, 0] as [UInt16] { text.append(Hex.digit(unit >> shift)) }
    }
}
