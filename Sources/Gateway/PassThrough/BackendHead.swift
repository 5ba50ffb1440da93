import Federation
import OpenSSL
import Transport

/// Writes the heads of the requests that the backend gets.
///
/// Every field that says who the client is comes from here and from nowhere else: what a client
/// sends under these names was dropped by `HeadWriter` (security design, items 24 to 26).
final class BackendHead: Sendable {
    /// The `Host` that the backend sees.
    let host: String
    /// Of the site, which the client used.
    let scheme: String
    /// What is the same in every head.
    private let hostLine: HeadWriter.Lines
    private let forwardedEnd: String
    private let originLines: HeadWriter.Lines
    private let origin: [(FieldName, String)]

    /// - Parameters:
    ///   - host: the `Host` that the backend sees.
    ///   - scheme, authority: of the site.
    init(host: String, scheme: String, authority: String) throws(HeadWriter.InvalidField) {
        self.host = host
        self.scheme = scheme
        hostLine = try HeadWriter.Lines([(.host, host)])
        origin = [(.xForwardedProto, scheme), (.xForwardedHost, authority)]
        originLines = try HeadWriter.Lines(origin)
        let quoted = authority.utf8.contains(UInt8(ascii: ":")) ? "\"\(authority)\"" : authority
        forwardedEnd = ";host=\(quoted);proto=\(scheme)"
    }

    /// What the gateway asserts about a message that it judged.
    struct Assertion: Sendable {
        /// Who signed it; nil when nobody did.
        let peer: PeerHost?
        let decision: String
    }

    /// Who reads the answer: the client, or the gateway, which reads no content coding, and some answers only
    /// whole.
    enum Reader { case client, gateway, gatewayWhole }

    /// The request line and the fields, without those of framing.
    ///
    /// - Parameters:
    ///   - path, query: as they are to be sent, the query without its `?`.
    ///   - dropped: fields of the client that must not pass.
    ///   - reader: of the answer; the client chooses coding and parts of what it gets as it is.
    ///   - authorization: in the place of the client's, which is then to be dropped.
    ///   - added: fields of ours; values without control characters.
    ///
    /// Refused (`malformed_request`): a field that cannot be forwarded.
    func writer(
        for head: RequestHead, path: String, query: ArraySlice<UInt8>? = nil,
        client: ClientConnection, dropping dropped: [FieldName] = [],
        reader: Reader = .client,
        authorization: Secret? = nil, adding added: [(FieldName, String)] = [],
        asserting assertion: Assertion? = nil
    ) throws(Denial) -> HeadWriter {
        do throws(HeadWriter.InvalidField) {
            var writer = HeadWriter(reserving: 960)
            try writer.requestLine(head.method, path: path, query: query)
            writer.add(hostLine)
            switch reader {
            case .client: writer.copyFields(of: head, except: dropped)
            case .gateway, .gatewayWhole:
                let parts: [FieldName] = reader == .gatewayWhole ? FieldName.parts : []
                writer.copyFields(of: head, except: dropped + parts + [.acceptEncoding])
                try writer.add(.acceptEncoding, "identity")
            }
            writer.add(try lines(of: client))
            if let authorization { try writer.add(.authorization, authorization) }
            for (name, value) in added { try writer.add(name, value) }
            if let assertion {
                if let peer = assertion.peer { try writer.add(.ocmPeer, peer.description) }
                try writer.add(.ocmDecision, assertion.decision)
            }
            return writer
        } catch {
            throw Denial(.malformedRequest, "the field \(error.name) cannot be forwarded")
        }
    }

    /// The head of a request of the gateway's own to the backend.
    ///
    /// - Parameter client: for whom it is asked; the backend counts failures against its address.
    ///   Nil when for nobody.
    func probe(
        _ method: Method, target: String, authorization: String?, for client: ClientConnection?
    ) throws(Denial) -> HeadWriter {
        do throws(HeadWriter.InvalidField) {
            var writer = HeadWriter(reserving: 512)
            try writer.requestLine(method, Array(target.utf8))
            writer.add(hostLine)
            writer.add(try client.map(lines(of:)) ?? originLines)
            try writer.add(.userAgent, "ocmgate")
            try writer.add(.accept, "*/*")
            if method == .propfind { try writer.add(.depth, "0") }
            if let authorization { try writer.add(.authorization, authorization) }
            return writer
        } catch {
            throw Denial(.malformedRequest, "the field \(error.name) cannot be sent")
        }
    }

    /// The lines about a client, written once.
    private func lines(
        of client: ClientConnection
    ) throws(HeadWriter.InvalidField) -> HeadWriter.Lines {
        try client.lines(of: self) { () throws(HeadWriter.InvalidField) in
            try lines(about: client.addressText)
        }
    }

    /// Who the client is, and what it asked.
    ///
    /// RFC 7239: an IPv6 address stands in brackets and quotes, and who has none is unknown.
    private func lines(
        about client: String
    ) throws(HeadWriter.InvalidField) -> HeadWriter.Lines {
        if client == ClientConnection.noAddress {
            return try HeadWriter.Lines(origin + [(.forwarded, "for=unknown" + forwardedEnd)])
        }
        let node = client.utf8.contains(UInt8(ascii: ":")) ? "\"[\(client)]\"" : client
        return try HeadWriter.Lines(
            [(.xForwardedFor, client)] + origin + [(.forwarded, "for=\(node)\(forwardedEnd)")])
    }
}

extension FieldName {
    /// By which a client is logged in at a backend beside `Authorization` and `Cookie`: Nextcloud takes the
    /// word of one of its apps, the reva family the secret of a share, and the token that it told who was
    /// let in before. Nobody here has judged what stands there.
    static let otherLogins: [FieldName] = [
        FieldName("authorization-app-api"), FieldName("ocm-token"), .accessToken,
    ]
    /// In which Nextcloud's Deck shows the secret of a shared board, to a server that asks nobody to log in there.
    static let boardSecret = FieldName("deck-federation-accesstoken")
    /// By which a part of an answer is asked for.
    static let parts: [FieldName] = [.range, .ifRange]
    /// All by which a client is logged in at a backend.
    static let logins: [FieldName] = [.authorization, .cookie] + otherLogins
    /// What the reva family tells whoever it lets in, and takes in the place of a credential.
    static let accessToken = FieldName("x-access-token")
    /// The host whose signature was verified; absent from messages that policy takes unsigned, and
    /// never taken from a client.
    static let ocmPeer = FieldName("x-ocm-peer")
    /// The decision's id, the same as in the log.
    static let ocmDecision = FieldName("x-ocm-decision")
}
