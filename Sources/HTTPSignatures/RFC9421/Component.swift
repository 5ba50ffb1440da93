import OpenSSL

/// A component identifier: the name of a part of the message, with its parameters (RFC 9421
/// section 2).
package struct Component: Sendable, Hashable {
    /// What of a message is covered (RFC 9421, 2).
    package enum Name: Sendable, Hashable {
        /// A field, in lower case (section 2.1).
        case field(String)
        case derived(Derived)
    }

    /// The parts that are not fields (section 2.2).
    package enum Derived: String, Sendable, CaseIterable {
        case method = "@method"
        case targetURI = "@target-uri"
        case authority = "@authority"
        case scheme = "@scheme"
        case requestTarget = "@request-target"
        case path = "@path"
        case query = "@query"
        case queryParameter = "@query-param"
        case status = "@status"
    }

    /// The parameters that are flags (sections 2.1.1, 2.1.3, 2.1.4 and 2.4).
    package struct Flags: OptionSet, Sendable, Hashable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let structuredField = Flags(rawValue: 1)
        package static let byteSequence = Flags(rawValue: 2)
        package static let trailer = Flags(rawValue: 4)
        package static let request = Flags(rawValue: 8)
    }

    package let name: Name
    package let flags: Flags
    /// The dictionary key of `key` (section 2.1.2), or the parameter's encoded name of `name`
    /// (section 2.2.8).
    package let member: String?

    /// A component without parameters.
    package static func field(_ name: String) -> Component {
        Component(name: .field(name), flags: [], member: nil)
    }

    /// A derived component without parameters.
    package static func derived(_ derived: Derived) -> Component {
        Component(name: .derived(derived), flags: [], member: nil)
    }

    package init(name: Name, flags: Flags, member: String? = nil) {
        self.name = name
        self.flags = flags
        self.member = member
    }

    /// The name as it is written.
    package var text: String {
        switch name {
        case .field(let field): field
        case .derived(let derived): derived.rawValue
        }
    }

    /// Reads an item of the covered components.
    ///
    /// Refuses unknown derived components and parameters, names that are no lower-case field name,
    /// flags that are not true, and parameters that exclude each other.
    package init(_ item: StructuredField.Item) throws(SignatureError) {
        guard case .string(let text) = item.value else {
            throw SignatureError(.malformedComponent)
        }
        if text.utf8.first == UInt8(ascii: "@") {
            guard let derived = Derived(rawValue: text) else {
                throw SignatureError(.unknownComponent, text)
            }
            name = .derived(derived)
        } else {
            guard Self.isFieldName(text) else {
                throw SignatureError(.malformedComponent, text)
            }
            name = .field(text)
        }
        (flags, member) = try Self.parameters(item.parameters, of: name)
    }

    /// The identifier to write; parameters in the order of the sections.
    package var item: StructuredField.Item {
        var parameters = StructuredField.Parameters()
        if flags.contains(.structuredField) { parameters.set("sf", to: .boolean(true)) }
        if let member {
            parameters.set(
                name == .derived(.queryParameter) ? "name" : "key", to: .string(member))
        }
        if flags.contains(.byteSequence) { parameters.set("bs", to: .boolean(true)) }
        if flags.contains(.trailer) { parameters.set("tr", to: .boolean(true)) }
        if flags.contains(.request) { parameters.set("req", to: .boolean(true)) }
        return .init(.string(text), parameters: parameters)
    }

    private static func parameters(
        _ parameters: StructuredField.Parameters, of name: Name
    ) throws(SignatureError) -> (Flags, String?) {
        var flags: Flags = []
        var member: String?
        for entry in parameters.entries {
            switch (entry.key, name, entry.value) {
            case ("sf", .field, .boolean(true)): flags.insert(.structuredField)
            case ("bs", .field, .boolean(true)): flags.insert(.byteSequence)
            case ("tr", .field, .boolean(true)): flags.insert(.trailer)
            case ("req", _, .boolean(true)): flags.insert(.request)
            case ("key", .field, .string(let key)): member = key
            case ("name", .derived(.queryParameter), .string(let encoded)): member = encoded
            case ("sf", .field, _), ("bs", .field, _), ("tr", .field, _), ("req", _, _),
                ("key", .field, _), ("name", .derived(.queryParameter), _):
                throw SignatureError(.malformedComponent, entry.key)
            case _:
                throw SignatureError(.unknownComponentParameter, entry.key)
            }
        }
        // Section 2.1.3: what is taken as bytes is not also taken as a structured field.
        if flags.contains(.byteSequence), flags.contains(.structuredField) || member != nil {
            throw SignatureError(.malformedComponent, "bs")
        }
        if name == .derived(.queryParameter), member == nil {
            throw SignatureError(.malformedComponent, Derived.queryParameter.rawValue)
        }
        return (flags, member)
    }

    private static func isFieldName(_ text: String) -> Bool {
        let bytes = text.utf8.span
        for place in bytes.indices
        where !bytes[place].isFieldNameByte || bytes[place].isUppercaseLetter { return false }
        return bytes.count > 0
    }
}
