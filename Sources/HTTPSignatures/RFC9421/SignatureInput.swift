/// What one signature covers and says of itself (RFC 9421 section 4.1).
package struct SignatureInput: Sendable, Equatable {
    package let components: [Component]
    package let parameters: SignatureParameters
    /// The identifiers as they were received or will be sent, one for each component.
    let identifiers: [StructuredField.Item]
    /// The value of `@signature-params` (section 2.3): parameters in the order received.
    package let text: [UInt8]

    /// Reads a member of `Signature-Input`.
    ///
    /// Refuses unknown components and parameters, and a component named twice; the order of a
    /// component's parameters makes no other component of it (section 2).
    package init(_ member: StructuredField.InnerList) throws(SignatureError) {
        var components: [Component] = []
        components.reserveCapacity(member.items.count)
        for item in member.items {
            let component = try Component(item)
            guard !components.contains(component) else {
                throw SignatureError(.repeatedComponent, component.text)
            }
            guard components.count < Self.maximumComponents else {
                throw SignatureError(.tooManyComponents)
            }
            components.append(component)
        }
        self.components = components
        parameters = try SignatureParameters(member.parameters)
        identifiers = member.items
        text = try Self.text(member)
    }

    /// An input to sign with; the same rules as for one received.
    package init(
        components: [Component], parameters: SignatureParameters
    ) throws(SignatureError) {
        try self.init(
            StructuredField.InnerList(
                components.map(\.item), parameters: parameters.structured))
    }

    /// A bound on work: no profile of ours needs as many.
    static let maximumComponents = 24

    private static func text(
        _ member: StructuredField.InnerList
    ) throws(SignatureError) -> [UInt8] {
        var serializer = StructuredFieldSerializer(reserving: 256)
        do {
            try serializer.write(member)
        } catch {
            throw SignatureError(.malformedParameter, error.description)
        }
        return serializer.bytes
    }
}
