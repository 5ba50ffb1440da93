/// The values of HTTP structured fields (RFC 9651 section 3).
///
/// Read with ``StructuredFieldParser``, written with ``StructuredFieldSerializer``.
package enum StructuredField {
    /// What a field is at its top level: nothing in the bytes tells, the field's definition does.
    package enum Kind: Sendable {
        case item, list, dictionary
    }

    /// A bare item (RFC 9651 section 3.3).
    package enum BareItem: Sendable, Equatable {
        /// At most 15 digits (section 3.3.1).
        case integer(Int)
        case decimal(Decimal)
        /// Printable ASCII only (section 3.3.3).
        case string(String)
        case token(String)
        case byteSequence([UInt8])
        case boolean(Bool)
        /// Seconds since 1970-01-01T00:00:00Z (section 3.3.7).
        case date(Int)
        /// Any Unicode text (section 3.3.8).
        case displayString(String)
    }

    /// A decimal of at most 12 integer and 3 fractional digits, counted in thousandths
    /// (RFC 9651 section 3.3.2).
    package struct Decimal: Sendable, Equatable {
        package let thousandths: Int

        package init(thousandths: Int) {
            self.thousandths = thousandths
        }

        /// Rounds to three fractional digits, half to even (section 4.1.5 step 2); nil for what
        /// no decimal can hold.
        package init?(rounding value: Double) {
            let scaled = (value * 1000).rounded(.toNearestOrEven)
            guard let thousandths = Int(exactly: scaled), abs(scaled) < 1e15 else { return nil }
            self.thousandths = thousandths
        }
    }

    /// An item with its parameters (RFC 9651 section 3.3).
    package struct Item: Sendable, Equatable {
        package var value: BareItem
        package var parameters: Parameters

        package init(_ value: BareItem, parameters: Parameters = Parameters()) {
            self.value = value
            self.parameters = parameters
        }
    }

    /// An inner list with its parameters (RFC 9651 section 3.1.1).
    package struct InnerList: Sendable, Equatable {
        package var items: [Item]
        package var parameters: Parameters

        package init(_ items: [Item], parameters: Parameters = Parameters()) {
            self.items = items
            self.parameters = parameters
        }
    }

    /// A member of a list or dictionary.
    package enum Member: Sendable, Equatable {
        case item(Item)
        case innerList(InnerList)
    }

    package typealias List = [Member]
    /// Parameters in order (RFC 9651 section 3.1.2).
    package typealias Parameters = OrderedMap<BareItem>
    /// A dictionary in order (RFC 9651 section 3.2).
    package typealias Dictionary = OrderedMap<Member>

    /// A key and its value, in a dictionary or parameters.
    package struct Entry<Value: Sendable & Equatable>: Sendable, Equatable {
        package let key: String
        package var value: Value
    }

    /// What a repeated key does: the standard keeps the last value; where a repetition could make
    /// two readers see two things, it is refused.
    package enum RepeatedKeys: Sendable {
        case lastWins, refused
    }
}

/// Why bytes are no structured field, or a value cannot be written as one.
package struct StructuredFieldError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong with a value (RFC 9651, 4.2).
    package enum Reason: String, Sendable {
        case nonASCII = "a byte outside ASCII"
        case trailingBytes = "bytes after the value"
        case trailingComma = "a comma with nothing after it"
        case missingComma = "no comma between two members"
        case innerList = "an inner list that does not end, or lacks a space between items"
        case key = "a malformed key"
        case repeatedKey = "a repeated key"
        case bareItem = "a value of no known type"
        case number = "a malformed or too large number"
        case string = "a malformed string"
        case token = "a malformed token"
        case byteSequence = "a malformed byte sequence"
        case boolean = "a malformed boolean"
        case date = "a malformed date"
        case displayString = "a malformed display string"
    }

    package let reason: Reason
    /// Bytes from the start of the field; 0 when a value could not be written.
    package let offset: Int

    package var description: String { "\(reason.rawValue) at byte \(offset)" }
}
