import Federation
import Transport

/// Asks the backend for its discovery document and its version.
struct BackendInquiry: Sendable {
    let backend: BackendServer
    /// The site's own: a redirect to one of them stays with the backend.
    let hosts: [PeerHost]
    /// Whether another place is to be asked.
    let isWanted: @Sendable () -> Bool

    /// What was found, or why nothing was.
    enum Outcome: Sendable {
        case found(DiscoveryDocument, statusVersion: String?)
        case missing(Missing)
    }

    /// Why there is no document.
    struct Missing: Sendable, Equatable {
        /// What each of the places that were asked has said instead.
        let text: String
        /// Whether the last of them took longer than it may.
        let isLate: Bool
    }

    /// The document, from the first of the places of its kind that has one, with the version that
    /// `status.php` tells.
    ///
    /// A place that is late is the last that is asked: the others are the same server, which works on that still.
    func document(on loop: LoopHandle) async -> Outcome {
        var tried: [Miss] = []
        if let found = await document(below: "", on: loop, &tried) { return found }
        // The manuals have the root lead to a Nextcloud or ownCloud in a folder for calendars alone.
        if tried.contains(where: { $0.reply == .answer }),
            let folder = await self.folder(on: loop, &tried),
            let found = await document(below: folder, on: loop, &tried)
        {
            return found
        }
        return .missing(
            Missing(text: tried.map(\.text).joined(separator: "; "), isLate: tried.endsLate))
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
                tried.append(error.at(path))
                if tried.endsLate { break }
            }
        }
        return nil
    }

    /// The folder that the root leads the calendars and address books of people's clients to (RFC 6764); nil
    /// for none.
    private func folder(on loop: LoopHandle, _ tried: inout [Miss]) async -> String? {
        guard backend.kind.mayBeFoundByCalendars, !tried.endsLate else { return nil }
        for path in ["/.well-known/carddav", "/.well-known/caldav"] {
            do throws(Miss) {
                let response = try await ask(path, on: loop)
                guard response.isRedirect, let next = target(of: response),
                    let end = next.firstRange(of: "/remote.php/")
                else { continue }
                let folder = String(next[..<end.lowerBound])
                if !folder.isEmpty { return folder }
            } catch {
                guard error.reply == .late else { continue }
                tried.append(error.at(path))
                return nil
            }
        }
        return nil
    }

    /// What a place has said, for the log.
    fileprivate struct Miss: Error {
        let text: String
        let reply: Reply

        init(_ text: String, _ reply: Reply = .answer) {
            self.text = text
            self.reply = reply
        }

        func at(_ path: String) -> Miss { Miss("\(path): \(text)", reply) }
    }

    /// Whether anybody has said anything.
    fileprivate enum Reply {
        case answer
        /// Nobody is there, or nobody was asked.
        case none
        /// Nothing for as long as it may take.
        case late

        init(_ failure: UpstreamFailure) {
            switch failure {
            case .deadline, .firstByteTimeout, .idleTimeout: self = .late
            case .unresolved, .addressRefused, .connectRefused, .connectTimeout, .tls, .busy,
                .clientBusy, .suspended, .closedEarly, .truncated, .malformed, .interimFlood,
                .switchedProtocols, .untransformable, .proxyRefused, .bodyLength, .tooLarge,
                .shutdown:
                self = .none
            }
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
        else { throw Miss("not asked", .none) }
        // People wait for a page for longer: that nobody waits on here must not shut them out.
        let request = BufferedRequest(
            .get, head: head, body: nil, responseLimit: BackendServer.longestAnswer,
            deadline: backend.timeouts.headers, firstByte: backend.timeouts.patient)
        do { return try await loop.exchange(request, with: backend.upstream) } catch {
            throw Miss(error.code, Reply(error))
        }
    }

    private static let mostRedirects = 2
}

extension [BackendInquiry.Miss] {
    /// Whether nothing more is to be asked for now.
    fileprivate var endsLate: Bool { last?.reply == .late }
}

extension BackendKind {
    /// Whether its manual has the root of one in a folder lead people's calendars there, so that it may be
    /// found by that.
    var mayBeFoundByCalendars: Bool { mayBePHP }
}
