import OpenSSL

/// A JSON document (RFC 8259) as it was written: order of members and the text of numbers kept.
///
/// Holds what peers send, secrets included, so it cannot be printed: its description is its kind.
package enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// An object of these members, in this order.
    package static func object(_ members: [(String, JSONValue)]) -> JSONValue {
        .object(JSONObject(members))
    }

    /// A whole number.
    package static func integer(_ value: Int) -> JSONValue { .number(JSONNumber(value)) }

    package var string: String? {
        if case .string(let text) = self { text } else { nil }
    }
    package var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }
    package var number: JSONNumber? {
        if case .number(let value) = self { value } else { nil }
    }
    package var array: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }
    package var object: JSONObject? {
        if case .object(let members) = self { members } else { nil }
    }
    package var isNull: Bool {
        if case .null = self { true } else { false }
    }
}

/// The text of a JSON number, so that 22 stays 22 and 1e2 stays 1e2.
package struct JSONNumber: Sendable, Equatable {
    package let text: String

    package init(_ value: Int) { text = String(value) }

    /// `text` was checked against the grammar by the reader.
    init(validated text: String) { self.text = text }

    /// The value when the text is a plain integer that fits; nil for fractions and exponents.
    package var integer: Int? { Int(text) }

    /// The value as a whole number, rounded when it has a fraction; nil when that does not fit.
    func integer(rounded rule: FloatingPointRoundingRule) -> Int? {
        integer ?? Double(text).flatMap { Int(exactly: $0.rounded(rule)) }
    }
}

/// The members of a JSON object in the order in which they were written, each name once.
package struct JSONObject: Sendable {
    package private(set) var members: [Member]

    /// A name, as it was written, and its value.
    package struct Member: Sendable {
        package let name: String
        /// Which of the names that messages have it is; nil for another.
        package let known: MemberName?
        package var value: JSONValue

        init(_ name: String, _ value: JSONValue) {
            self.init(name, .named(name.utf8.span), value)
        }

        init(_ known: MemberName, _ value: JSONValue) { self.init(known.text, known, value) }

        /// `known` is what there is for `name`.
        init(_ name: String, _ known: MemberName?, _ value: JSONValue) {
            self.name = name
            self.known = known
            self.value = value
        }

        /// Names compare as bytes: Swift's `==` on strings also equates canonically equivalent
        /// spellings, which the server behind us does not.
        fileprivate func isNamed(as other: Member) -> Bool {
            known == other.known && (known != nil || name.isSame(as: other.name))
        }
    }

    package init(_ members: [(String, JSONValue)] = []) {
        self.members = members.map { Member($0.0, $0.1) }
    }

    init(read members: [Member]) { self.members = members }

    package var count: Int { members.count }

    /// The member of exactly this name, byte for byte; setting nil removes it, a new one goes last.
    package subscript(name: String) -> JSONValue? {
        get { index(of: name).map { members[$0].value } }
        set { set(newValue, at: index(of: name), as: name, MemberName.named(name.utf8.span)) }
    }

    /// The same of a name that messages have.
    package subscript(name: MemberName) -> JSONValue? {
        get { index(of: name).map { members[$0].value } }
        set { set(newValue, at: index(of: name), as: name.text, name) }
    }

    private mutating func set(
        _ value: JSONValue?, at place: Int?, as name: @autoclosure () -> String,
        _ known: MemberName?
    ) {
        switch (place, value) {
        case (let place?, let value?): members[place].value = value
        case (let place?, nil): members.remove(at: place)
        case (nil, let value?): members.append(Member(name(), known, value))
        case (nil, nil): break
        }
    }

    /// Puts a member right after another one (last when that one is absent).
    package mutating func insert(_ name: MemberName, _ value: JSONValue, after other: MemberName) {
        self[name] = nil
        let place = index(of: other).map { $0 + 1 } ?? members.endIndex
        members.insert(Member(name, value), at: place)
    }

    /// Gives a member another name at the same place. Nothing changes where there is no such member, or
    /// one of the other name.
    package mutating func rename(_ name: MemberName, to other: MemberName) {
        guard let place = index(of: name), index(of: other) == nil else { return }
        members[place] = Member(other, members[place].value)
    }

    /// Puts in the place of values what is made of them; those stay of which nothing is made.
    mutating func change(_ changed: (JSONValue) -> JSONValue?) {
        for place in members.indices {
            if let value = changed(members[place].value) { members[place].value = value }
        }
    }

    private func index(of name: MemberName) -> Int? {
        for place in members.indices where members[place].known == name { return place }
        return nil
    }

    private func index(of name: String) -> Int? {
        for place in members.indices where members[place].name.isSame(as: name) { return place }
        return nil
    }
}

extension JSONValue: Equatable {
    /// Equal when they would be written the same: order of members counts, strings are bytes.
    package static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.number(let a), .number(let b)): a == b
        case (.string(let a), .string(let b)): a.isSame(as: b)
        case (.array(let a), .array(let b)): a == b
        case (.object(let a), .object(let b)): a == b
        case (.null, _), (.bool, _), (.number, _), (.string, _), (.array, _), (.object, _): false
        }
    }
}

extension JSONObject: Equatable {
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.count == right.members.count
            && zip(left.members, right.members).allSatisfy {
                $0.isNamed(as: $1) && $0.value == $1.value
            }
    }
}

extension JSONValue: CustomStringConvertible, Redacted {
    package var description: String {
        switch self {
        case .null: "<json null>"
        case .bool: "<json boolean>"
        case .number: "<json number>"
        case .string: "<json string>"
        case .array(let elements): "<json array of \(elements.count)>"
        case .object(let members): "<json object of \(members.count)>"
        }
    }
}

extension JSONObject: CustomStringConvertible, Redacted {
    package var description: String { "<json object of \(members.count)>" }
}
