/// What is wrong with an HTTP message: the closed set of reasons for which a parser refuses it.
///
/// The raw value is a stable code for logs and counters. After any of them a connection of HTTP/1 is
/// closed, since nobody can know where the next message would begin (RFC 9112, section 2.2); over
/// HTTP/2 it is the stream that ends, but for ``http2Flood``.
/// Found in the answer of an upstream, each of them means 502 for the client, and that connection
/// is not used again.
package enum RequestFailure: String, Error, Sendable, CaseIterable {
    // The shape of lines.
    case bareLineFeed = "bare_lf"
    case bareCarriageReturn = "bare_cr"
    case controlCharacter = "control_character"
    case requestLine = "request_line"
    case statusLine = "status_line"
    case requestLineTooLong = "request_line_too_long"
    case headTooLarge = "head_too_large"
    case fieldTooLong = "field_too_long"
    case tooManyFields = "too_many_fields"

    // The request line.
    case methodUnknown = "method_unknown"
    case methodNotAllowed = "method_not_allowed"
    /// `X-HTTP-Method-Override`, or a field like it, with another method than the request has.
    case methodOverride = "method_override"
    case target = "target"
    /// A byte above 127, which stands there as an escape.
    case targetCharacter = "target_character"
    case targetFragment = "target_fragment"
    case versionMalformed = "version_malformed"
    case versionUnsupported = "version_unsupported"

    // Fields.
    case fieldName = "field_name"
    case fieldNameAlias = "field_name_alias"
    case fieldFolded = "field_folded"
    case hostMissing = "host_missing"
    case hostRepeated = "host_repeated"
    case hostMalformed = "host_malformed"
    case hostMismatch = "host_mismatch"
    case expectation = "expectation"
    case connectionOption = "connection_option"
    case connectionNomination = "connection_nomination"
    case forwardedFor = "forwarded_for"

    // Framing of the body.
    case contentLength = "content_length"
    case contentLengthRepeated = "content_length_repeated"
    case transferCoding = "transfer_coding"
    case transferCodingUnknown = "transfer_coding_unknown"
    case transferCodingRepeated = "transfer_coding_repeated"
    case transferCodingVersion = "transfer_coding_version"
    case lengthAndCoding = "length_and_coding"
    case bodyUnexpected = "body_unexpected"
    case chunkSize = "chunk_size"
    case chunkExtension = "chunk_extension"
    case chunkExtensionTooLong = "chunk_extension_too_long"
    case chunkEnd = "chunk_end"
    case trailer = "trailer"
    case trailerForbidden = "trailer_forbidden"
    case trailerTooLarge = "trailer_too_large"

    // Of HTTP/2: a message against RFC 9113, section 8, which ends its stream, and frames beyond a limit,
    // which end the connection.
    case http2Message = "http2_message"
    case http2Flood = "http2_flood"

    // Seen by the connection, not by a parser.
    case requestTimeout = "request_timeout"
    case bodyTooLarge = "body_too_large"
    case bodyTruncated = "body_truncated"
    /// Bodies take as much memory as they may.
    case bodiesTooMany = "bodies_too_many"
    /// The process has hardly any memory left.
    case memoryShort = "memory_short"
    /// Another process takes over, and it was not whole by then.
    case handedOver = "handed_over"

    /// The status that answers a request with this fault.
    package var status: Int {
        switch self {
        case .bareLineFeed, .bareCarriageReturn, .controlCharacter, .requestLine, .statusLine,
            .target, .targetCharacter, .targetFragment, .versionMalformed, .fieldName,
            .fieldNameAlias, .fieldFolded, .hostMissing,
            .hostRepeated, .hostMalformed, .hostMismatch, .connectionOption,
            .connectionNomination, .forwardedFor, .contentLength, .contentLengthRepeated,
            .transferCoding,
            .transferCodingRepeated, .transferCodingVersion, .lengthAndCoding, .bodyUnexpected,
            .chunkSize, .chunkExtension, .chunkExtensionTooLong, .chunkEnd, .trailer,
            .trailerForbidden, .trailerTooLarge, .bodyTruncated, .http2Message, .http2Flood:
            return 400
        case .methodNotAllowed: return 405
        case .requestTimeout: return 408
        case .bodyTooLarge: return 413
        case .requestLineTooLong: return 414
        case .expectation: return 417
        case .headTooLarge, .fieldTooLong, .tooManyFields: return 431
        case .methodUnknown, .methodOverride, .transferCodingUnknown: return 501
        case .bodiesTooMany, .memoryShort, .handedOver: return 503
        case .versionUnsupported: return 505
        }
    }
}
