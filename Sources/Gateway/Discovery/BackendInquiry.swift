import Federation
import Transport

/// Asks the backend for its discovery document and its version.
struct BackendInquiry: Sendable {
    let backend: BackendServer
    /// The site's own: a redirect to one of them stays with the backend.
    let hosts: [PeerHost]
    /// Whether another place is to be asked.
    let isWanted: @Sendable () -> Bool

    /// What was found, or what each of the places has said instead.
    enum Outcome: Sendable {
        case found(DiscoveryDocument, statusVersion: String?)
        case missing(String)
    }

    /// The document, from the first of the places of its kind that has one, with the version that
    /// `status.php` tells.
    func document(on loop: LoopHandle) async -> Outcome {
        var tried: [Miss] = []
        if let found = await document(below: "", on: loop, &tried) { return found }
        // The manuals have the root lead to a Nextcloud or ownCloud in a folder for calendars alone.
        if tried.contains(where: \.isAnswer), let folder = await self.folder(on: loop),
            let found = await document(below: folder, on: loop, &tried)
        {
            return found
        }
        return .missing(tried.map(\.text).joined(separator: "; "))
    }

    private func document(
        below folder: String, on loop: LoopHandle, _ tried: inout [Miss]
    ) async -> Outcome? {
        for path in backend.kind.discoveryPaths.map({ folder + $0 }) {
            do throws(Miss) {
                let body = try await get(path, on: loop)
                let document: DiscoveryDocument
                do { document = try DiscoveryDocument(parsing: body) } catch {
                    throw Miss("\(error)")
                }
                let version = await statusVersion(below: folder, on: loop)
                return .found(document, statusVersion: version)
            } catch {
                tried.append(Miss("\(path): \(error.text)", isAnswer: error.isAnswer))
            }
        }
        return nil
    }

    /// The folder that the root leads the calendars and address books of people's clients to (RFC 6764); nil
    /// for none.
    private func folder(on loop: LoopHandle) async -> String? {
        guard backend.kind.mayBeFoundByCalendars else { return nil }
        for path in ["/.well-known/carddav", "/.well-known/caldav"] {
            guard let response = try? await ask(path, on: loop), response.isRedirect,
                let next = target(of: response), let end = next.firstRange(of: "/remote.php/")
            else { continue }
            let folder = String(next[..<end.lowerBound])
            if !folder.isEmpty { return folder }
        }
        return nil
    }

    /// What a place has said, for the log.
    private struct Miss: Error {
        let text: String
        /// False where nobody has said anything.
        let isAnswer: Bool

        init(_ text: String, isAnswer: Bool = true) {
            self.text = text
            self.isAnswer = isAnswer
        }
    }

    private func statusVersion(below folder: String, on loop: LoopHandle) async -> String? {
        switch backend.kind {
        case .nextcloud, .owncloud10:
            guard let body = try? await get(folder + "/status.php", on: loop),
                let status = try? JSONValue(parsing: body).object
            else { return nil }
            return status["version"]?.string
        case .ocis, .opencloud, .cernbox, .seafile, .generic: return nil
        }
    }

    /// The body of a 200, also behind redirects that stay with the backend: that of one in a sub-folder
    /// leads there from the root.
    private func get(_ path: String, on loop: LoopHandle) async throws(Miss) -> [UInt8] {
        var target = path
        for _ in 0...Self.mostRedirects {
            let response = try await ask(target, on: loop)
            if response.status == 200 { return response.body }
            guard response.isRedirect, let next = self.target(of: response) else {
                throw Miss("status \(response.status)")
            }
            guard next != target else {
                throw Miss(
                    "status \(response.status) to itself; if it forces https, tell it that TLS ends "
                        + "before it")
            }
            target = next
        }
        throw Miss("too many redirects")
    }

    /// Where a redirect leads, when that is a place of the backend, by whatever scheme and port it takes
    /// itself to be reached.
    private func target(of response: BufferedResponse) -> String? {
        guard let text = response.fields.text(.location) else { return nil }
        if text.hasPrefix("/") { return text.hasPrefix("//") ? nil : text }
        guard let url = URLParts(text),
            (hosts + [PeerHost(backend.head.host)].compactMap { $0 })
                .contains(where: { $0.name == url.host.name })
        else { return nil }
        return url.path.isEmpty ? "/" + url.pathAndQuery : url.pathAndQuery
    }

    private func ask(_ target: String, on loop: LoopHandle) async throws(Miss) -> BufferedResponse {
        guard isWanted(),
            let head = try? backend.head.probe(
                .get, target: target, authorization: nil, for: nil)
        else { throw Miss("not asked", isAnswer: false) }
        let request = BufferedRequest(
            .get, head: head, body: nil, responseLimit: BackendServer.longestAnswer,
            deadline: .seconds(5))
        do { return try await loop.exchange(request, with: backend.upstream) } catch {
            throw Miss(error.code, isAnswer: false)
        }
    }

    private static let mostRedirects = 2
}

extension BackendKind {
    /// Whether its manual has the root of one in a folder lead people's calendars there, so that it may be
    /// found by that.
    var mayBeFoundByCalendars: Bool { mayBePHP }
}
