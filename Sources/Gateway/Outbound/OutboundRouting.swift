import Federation
import Transport

/// Where a request of the backend's to a peer goes: to a message, a document, or shared data.
extension Gateway {
    /// What becomes of an admitted request.
    ///
    /// Messages and requests for data ask the peer themselves what they need to know of it, so that
    /// one that fails for that has its own line in the log, as any other.
    ///
    /// - Parameter known: the peer, for a caller that has looked a moment ago.
    func planOutbound(_ request: PeerRequest, to known: ResolvedPeer? = nil) -> Plan {
        if let peer = known ?? resolution.remembered(request.peer) {
            return plan(request, to: peer)
        }
        switch PeerRequest.usual.route(
            method: request.head.method.rawValue, path: request.path.text)
        {
        case .ocm(let endpoint): return message(request, .ocm(endpoint))
        case .ocs(let call): return message(request, .ocs(call, request.path))
        case .token: return message(request, .token)
        case .webdav: return planDataOut(request)
        case .discovery, .ocsProvider, .shareInfo, .status, .jwks, .linkShare, .application,
            .inviteDialog, .passThrough, .methodNotAllowed, .unknownEndpoint, .unplaced, .elsewhere:
            break
        }
        return .prepare { [self] _ in
            do throws(Denial) {
                return plan(request, to: try await resolution.resolve(request.peer))
            } catch {
                // At a path that only the peer's document would have told.
                if let endpoint = request.namedEndpoint { return message(request, .ocm(endpoint)) }
                let told = keepingFiles(error, at: request.path.text)
                return .answer(refusal(error, leaving: request, as: told))
            }
        }
    }

    /// By the paths that the backend was told, and by the peer's own.
    private func plan(_ request: PeerRequest, to peer: ResolvedPeer) -> Plan {
        switch peer.paths.route(method: request.head.method.rawValue, path: request.path.text) {
        case .discovery: return .answer(discovery(of: peer, for: request))
        case .ocsProvider: return .answer(ocsProvider(of: peer))
        case .ocm(let endpoint): return message(request, .ocm(endpoint))
        case .ocs(let call): return message(request, .ocs(call, request.path))
        case .token: return message(request, .token)
        case .webdav: return planDataOut(request)
        case .shareInfo: return planShareInfoOut(request)
        case .status: return planStatusOut(request)
        case .jwks, .linkShare, .inviteDialog, .passThrough: return planOther(request)
        case .application(let message):
            return .answer(refusal(.application(message, to: request.peer), leaving: request))
        case .methodNotAllowed(let allow):
            var answer = refusal(
                Denial(.methodNotAllowed, "\(request.head.method.rawValue) of \(request.peer)"),
                unread: request)
            answer.allow(allow)
            return .answer(answer)
        case .unknownEndpoint, .unplaced, .elsewhere:
            return .answer(
                refusal(
                    Denial(.notFound, "no endpoint of OCM at \(request.peer)"), unread: request))
        }
    }

    /// The answer to a request that is refused by its head; a message has its decision.
    func refusal(_ denial: Denial, unread request: PeerRequest) -> Answer {
        let path = Array(request.path.text.utf8)[...]
        return refuseUnread(denial, at: path, to: request.peer, request.client)
            ?? refusal(denial, leaving: request)
    }

    /// What the backend is told of the peer in its own age's words; nothing of one that publishes
    /// nothing.
    private func discovery(of peer: ResolvedPeer, for request: PeerRequest) -> Answer {
        guard let document = peer.document, document.isEnabled else {
            return refusal(
                Denial(.notFound, "\(peer.peer) publishes no document"), leaving: request)
        }
        let adapted = AdaptedDiscovery(
            peer.paths, document, for: backend.view.backend,
            signatureKey: keyForBackend(of: peer.peer))
        return Answer(status: 200, fields: Self.jsonFields, body: adapted.document)
    }

    private func ocsProvider(of peer: ResolvedPeer) -> Answer {
        let adapted = AdaptedDiscovery(peer.paths, peer.document, for: backend.view.backend)
        return Answer(status: 200, fields: Self.jsonFields, body: adapted.ocsProvider)
    }

    private func message(_ request: PeerRequest, _ kind: Received.Kind) -> Plan {
        .readAndAnswer(limit: configuration.limits.messageBody) { [self] read in
            await dispatch(read.body, of: request, as: kind)
        }
    }
}
