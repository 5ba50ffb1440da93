/// A reader of bytes that others choose, with what must hold of it for every input.
///
/// The fuzzer and the replay of its corpora call the same ``check(_:)``.
package enum FuzzTarget: String, CaseIterable, Sendable {
    case requestHead = "request-head"
    case responseHead = "response-head"
    case chunked
    case http2Frames = "http2-frames"
    case http2Request = "http2-request"
    case proxyHeader = "proxy-header"
    case path
    case address
    case structuredField = "structured-field"
    case rfc9421
    case cavage
    case rawMessage = "raw-message"
    case key
    case json
    case message
    case policy
    case peerList = "peer-list"
    case list
    case listSignature = "list-signature"
    case multistatus

    /// Reads the bytes in every way that the target knows.
    ///
    /// Refusing them is fine; a trap, or something that does not hold of what was accepted, is not.
    package func check(_ bytes: [UInt8]) throws(Violation) {
        switch self {
        case .requestHead: try HeadProperties.request(bytes)
        case .responseHead: try HeadProperties.response(bytes)
        case .chunked: try ChunkedProperties.check(bytes)
        case .http2Frames: try HTTP2Properties.frames(bytes)
        case .http2Request: try HTTP2Properties.request(bytes)
        case .proxyHeader: try ProxyHeaderProperties.check(bytes)
        case .path: try PathProperties.check(bytes)
        case .address: try AddressProperties.check(bytes)
        case .structuredField: try StructuredFieldProperties.check(bytes)
        case .rfc9421: try SignatureProperties.rfc9421(bytes)
        case .cavage: try SignatureProperties.cavage(bytes)
        case .rawMessage: try SignatureProperties.rawMessage(bytes)
        case .key: try KeyProperties.check(bytes)
        case .json: try JSONProperties.check(bytes)
        case .message: try MessageProperties.check(bytes)
        case .policy: try PolicyProperties.policy(bytes)
        case .peerList: try PolicyProperties.peerList(bytes)
        case .list: try ListProperties.rows(bytes)
        case .listSignature: try ListProperties.jws(bytes)
        case .multistatus: try MultistatusProperties.check(bytes)
        }
    }
}

/// Something that must hold, and did not.
package struct Violation: Error, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

/// Says what must hold.
func hold(
    _ condition: Bool, _ claim: @autoclosure () -> String
) throws(Violation) {
    guard condition else { throw Violation(claim()) }
}
