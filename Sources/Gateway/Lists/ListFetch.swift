import Federation
package import Transport

/// One GET for a list.
package struct ListRequest: Sendable {
    package let url: HTTPURL
    /// `ETag` and `Last-Modified` of what is known; the answer is 304 when that still holds.
    package var etag: String?
    package var lastModified: String?
    /// Bytes of the answer.
    package let limit: Int
}

/// What came of asking for a list.
package enum ListAnswer: Sendable {
    case answered(status: Int, etag: String?, lastModified: String?, body: [UInt8])
    /// No answer that can be used; the text is for the log.
    case failed(String)
}

/// How lists are fetched: https, no redirects, never an address that the guard refuses.
package typealias ListFetcher = @Sendable (ListRequest) async -> ListAnswer

/// Fetches a list, with its signature where that lies beside it.
struct ListFetch: Sendable {
    /// A list as it came: nothing of it is verified.
    struct Document: Sendable {
        let body: [UInt8]
        var signature: [UInt8]?
        let etag: String?
        let lastModified: String?
    }

    /// What came of it; the text of a failure is for the log.
    enum Answer: Sendable {
        /// What is known still holds.
        case unchanged
        case document(Document)
        case failed(String)
    }

    let fetch: ListFetcher

    /// - Parameter known: what was fetched last, when it is still at hand.
    func answer(_ download: PeerList.Download, known: ListRecord?) async -> Answer {
        guard let url = try? HTTPURL(download.url), url.scheme == .https else {
            return .failed("\(download.url) is not an https URL")
        }
        let request = ListRequest(
            url: url, etag: known?.etag, lastModified: known?.lastModified,
            limit: Self.longestDocument)
        switch await fetch(request) {
        case .failed(let reason): return .failed(reason)
        case .answered(304, _, _, _) where known?.etag != nil || known?.lastModified != nil:
            return .unchanged
        case .answered(200, let etag, let lastModified, let body):
            let document = Document(body: body, etag: etag, lastModified: lastModified)
            return download.keys.isEmpty || download.format.signature == .around
                ? .document(document) : await signed(document, url)
        case .answered(let status, _, _, _): return .failed("status \(status)")
        }
    }

    private func signed(_ document: Document, _ url: HTTPURL) async -> Answer {
        guard let beside = Self.signatureURL(of: url) else {
            return .failed("the URL of the signature cannot be made")
        }
        switch await fetch(ListRequest(url: beside, limit: Self.longestSignature)) {
        case .answered(200, _, _, let signature):
            var document = document
            document.signature = signature
            return .document(document)
        case .answered(let status, _, _, _):
            return .failed("the signature, \(beside): status \(status)")
        case .failed(let reason): return .failed("the signature, \(beside): \(reason)")
        }
    }

    /// `https://h/list.csv?x` has its signature at `https://h/list.csv.jws?x`.
    static func signatureURL(of url: HTTPURL) -> HTTPURL? {
        let query = url.query.map { "?\($0)" } ?? ""
        return try? HTTPURL("\(url.scheme.rawValue)://\(url.authority)\(url.path).jws\(query)")
    }

    /// Bytes; base64url makes a list longer by a third.
    private static let longestDocument = ListContents.longest * 3 / 2
    private static let longestSignature = 64 << 10
}

extension OutboundClient {
    /// A GET for a list, under the address guard; redirects are answers that cannot be used.
    package func get(_ list: ListRequest) async -> ListAnswer {
        var fields: [(name: FieldName, value: String)] = [(.userAgent, "ocmgate")]
        if let etag = list.etag { fields.append((.ifNoneMatch, etag)) }
        if let date = list.lastModified { fields.append((.ifModifiedSince, date)) }
        let request = OutboundRequest(
            .get, authority: list.url.authority, target: Array(list.url.target.utf8),
            fields: fields, responseLimit: list.limit)
        do throws(FetchFailure) {
            let response = try await fetch(request)
            return .answered(
                status: response.status, etag: Self.sent(response.fields.text(.etag)),
                lastModified: Self.sent(response.fields.text(.lastModified)), body: response.body)
        } catch { return .failed(error.words(of: list.url.authority.host.description)) }
    }

    /// What may be sent back as it came.
    private static func sent(_ value: String?) -> String? {
        guard let value, !value.isEmpty, value.utf8.count <= 256,
            value.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else { return nil }
        return value
    }
}
