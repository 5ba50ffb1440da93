/// The fields of one message, pseudo-fields among them, in their order: offsets over one buffer.
package struct FieldBlock: Sendable {
    /// Where one field lies in `bytes`.
    package struct Field: Sendable, Equatable {
        package let name: Range<Int>
        package let value: Range<Int>

        package init(name: Range<Int>, value: Range<Int>) {
            self.name = name
            self.value = value
        }
    }

    package private(set) var bytes: [UInt8] = []
    package private(set) var fields: [Field] = []
    /// There were more bytes than are taken; what is here is only the beginning.
    package internal(set) var isTooLarge = false
    /// Names, values and 32 for each field (RFC 9113, section 6.5.2), also of those left out.
    private(set) var size = 0

    package init() {}

    /// Fields that lie in `bytes`; their names are in lower case.
    package init(_ fields: consuming [Field], in bytes: consuming [UInt8]) {
        self.fields = fields
        self.bytes = bytes
    }

    /// Room for an ordinary message.
    static func roomy() -> FieldBlock {
        var block = FieldBlock()
        block.bytes.reserveCapacity(512)
        block.fields.reserveCapacity(16)
        return block
    }

    /// Adds a field; the name is in lower case, nothing is checked here.
    package mutating func add(_ name: Span<UInt8>, _ value: Span<UInt8>) {
        let start = bytes.count
        unsafe name.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
        let middle = bytes.count
        unsafe value.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
        fields.append(Field(name: start..<middle, value: middle..<bytes.count))
    }

    /// Adds a field that a peer sent, unless that makes more than `limit` bytes of them all.
    mutating func take(_ name: Span<UInt8>, _ value: Span<UInt8>, limit: Int) {
        size += name.count + value.count + 32
        if size > limit { isTooLarge = true }
        if !isTooLarge { add(name, value) }
    }

    /// The bytes of a field's name.
    package func name(_ field: Field) -> ArraySlice<UInt8> { bytes[field.name] }

    /// The bytes of a field's value.
    package func value(_ field: Field) -> ArraySlice<UInt8> { bytes[field.value] }
}
