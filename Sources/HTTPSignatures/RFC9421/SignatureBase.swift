import OpenSSL

/// The bytes that are signed; the step numbers are those of RFC 9421 section 2.5.
package struct SignatureBase: Sendable, Equatable {
    package private(set) var bytes: [UInt8] = []

    /// Refuses components that the message lacks, or has in a form that cannot be signed, and bases
    /// over 16 KiB.
    package init(
        of message: SignedMessage, input: SignatureInput
    ) throws(SignatureError) {
        bytes.reserveCapacity(1024)  // 1
        for (component, identifier) in zip(input.components, input.identifiers) {  // 2
            // 2.1: a component's name needs no escape
            bytes.append(quoting: component.text.utf8.span)
            if !identifier.parameters.isEmpty { try append(identifier.parameters) }
            append(": ")  // 2.2 and 2.3
            try message.append(component, to: &bytes)  // 2.4 and 2.5
            bytes.append(UInt8(ascii: "\n"))  // 2.6
            guard bytes.count <= Self.limit else { throw SignatureError(.tooLargeBase) }
        }
        append("\"@signature-params\": ")  // 3
        bytes.append(contentsOf: input.text)
        guard bytes.count <= Self.limit else { throw SignatureError(.tooLargeBase) }
    }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Bytes.
    static let limit = 16 * 1024

    private mutating func append(_ text: String) {
        bytes.append(utf8: text)
    }

    private mutating func append(
        _ parameters: StructuredField.Parameters
    ) throws(SignatureError) {
        var serializer = StructuredFieldSerializer()
        do {
            try serializer.write(parameters)
        } catch {
            throw SignatureError(.malformedComponent, error.description)
        }
        bytes.append(contentsOf: serializer.bytes)
    }
}
