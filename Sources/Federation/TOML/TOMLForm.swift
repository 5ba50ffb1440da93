/// How a value has to look: reads a node, or reports what is wrong with it.
package struct TOMLForm<Value>: Sendable {
    /// What is expected, in words: `a string`.
    package let expected: String
    package let read: @Sendable (TOMLNode, Findings) -> Value?

    package init(
        _ expected: String, read: @escaping @Sendable (TOMLNode, Findings) -> Value?
    ) {
        self.expected = expected
        self.read = read
    }

    /// A form for strings in which `parse` finds a value.
    ///
    /// - Parameter remedy: what to write in place of one in which it finds none.
    package static func text(
        _ expected: String, remedy: @escaping @Sendable (String) -> String? = { _ in nil },
        _ parse: @escaping @Sendable (String) -> Value?
    ) -> TOMLForm {
        TOMLForm(expected) { node, findings in
            guard case .string(let string) = node.content else {
                return wrong(node, expected, findings)
            }
            if let value = parse(string) { return value }
            findings.report(
                node.position, "\(quoted(string)) is not \(expected)", remedy: remedy(string))
            return nil
        }
    }

    /// The same form, read as something else.
    package func map<Other>(_ transform: @escaping @Sendable (Value) -> Other) -> TOMLForm<Other> {
        TOMLForm<Other>(expected) { node, findings in read(node, findings).map(transform) }
    }

    /// An array of values of this form; all that is wrong in it is reported.
    package var array: TOMLForm<[Value]> {
        TOMLForm<[Value]>("an array, each element \(expected)") { node, findings in
            guard case .array(let nodes) = node.content else {
                return TOMLForm<[Value]>.wrong(node, "an array, each element \(expected)", findings)
            }
            let values = nodes.compactMap { read($0, findings) }
            return values.count == nodes.count ? values : nil
        }
    }

    /// One value of this form, or an array of them that is not empty.
    package var oneOrMore: TOMLForm<[Value]> {
        TOMLForm<[Value]>("\(expected), or an array of such") { node, findings in
            guard case .array(let nodes) = node.content else {
                return read(node, findings).map { [$0] }
            }
            if nodes.isEmpty {
                findings.report(
                    node.position, "an empty array matches nothing",
                    remedy: "write at least one, or leave the key out where it may be missing")
                return nil
            }
            return array.read(node, findings)
        }
    }

    static func wrong(_ node: TOMLNode, _ expected: String, _ findings: Findings) -> Value? {
        findings.report(node.position, "expected \(expected), found \(node.kind)")
        return nil
    }
}

extension TOMLForm<String> {
    package static let string = TOMLForm("a string") { node, findings in
        guard case .string(let string) = node.content else {
            return wrong(node, "a string", findings)
        }
        return string
    }

    /// A string that says something: not empty, one line, at most 1024 bytes.
    package static let line = TOMLForm("a line of text") { node, findings in
        guard let string = TOMLForm.string.read(node, findings) else { return nil }
        let isBlank = string.allSatisfy(\.isWhitespace)
        let hasControl = string.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
        if isBlank || hasControl || string.utf8.count > 1024 {
            findings.report(
                node.position,
                isBlank ? "this must not be empty" : "this must be one line of at most 1024 bytes")
            return nil
        }
        return string
    }
}

extension TOMLForm<Bool> {
    package static let boolean = TOMLForm("true or false") { node, findings in
        guard case .boolean(let boolean) = node.content else {
            return wrong(node, "true or false", findings)
        }
        return boolean
    }
}

extension TOMLForm<Int> {
    /// A whole number of a range.
    package static func integer(_ range: ClosedRange<Int>) -> TOMLForm {
        let expected =
            range.count == 1
            ? "the number \(range.lowerBound)"
            : "an integer from \(range.lowerBound) to \(range.upperBound)"
        return TOMLForm(expected) { node, findings in
            guard case .integer(let integer) = node.content else {
                return wrong(node, expected, findings)
            }
            if range.contains(integer) { return integer }
            findings.report(node.position, "\(integer) is not \(expected)")
            return nil
        }
    }
}

extension TOMLForm<TOMLInstant> {
    package static let instant = TOMLForm("a date") { node, findings in
        guard case .instant(let instant) = node.content else {
            findings.report(
                node.position, "expected a date, found \(node.kind)",
                remedy: "write it without quotes, as 2027-06-30")
            return nil
        }
        return instant
    }
}

extension TOMLForm
where Value: RawRepresentable & CaseIterable & SendableMetatype, Value.RawValue == String {
    /// One of the words of an enumeration.
    package static func word(_ kind: String) -> TOMLForm {
        let known = Value.allCases.map(\.rawValue)
        return TOMLForm("one of " + listed(known)) { node, findings in
            guard case .string(let word) = node.content else {
                return wrong(node, "one of " + listed(known), findings)
            }
            if let value = Value(rawValue: word) { return value }
            findings.unknown(kind, word, at: node.position, known: known)
            return nil
        }
    }
}
