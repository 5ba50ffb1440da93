import Federation
import OpenSSL
import Transport

/// Nextcloud's `shareinfo?t=<secret>`, which it asks after any failure: 401, 403 and 404 there
/// delete the user's mount for good, so that every refusal of ours is 503 (`protocol.md` 9.4).
extension Gateway {
    func shareInfo(
        _ head: RequestHead, _ path: TargetPath, from client: ClientConnection
    ) -> Plan {
        do throws(Denial) {
            var target = Array(path.text.utf8)
            if let query = head.query {
                target += [UInt8(ascii: "?")] + (try shareInfoQuery(query))
            }
            let writer = try backend.head.writer(
                for: head, target: target, client: client.addressText)
            return .forward(
                Forwarding(
                    to: backend.upstream, head: writer, firstByte: backend.timeouts.headers,
                    onFailure: { [self] failure in unavailable(Denial(failure)) }))
        } catch {
            return .answer(
                unavailable(Denial(.overloaded, "shareinfo: \(error.code) \(error.detail)")))
        }
    }

    /// The query with the backend's secret in the place of a code of ours.
    private func shareInfoQuery(_ query: ArraySlice<UInt8>) throws(Denial) -> [UInt8] {
        var form = try FormBody(parsing: Array(query))
        guard form.repeated == nil else {
            throw Denial(.malformedMessage, "a parameter stands there twice")
        }
        guard let text = form["t"] else { return Array(query) }
        guard let access = try access(by: Secret(utf8: text)) else {
            guard configuration.token.acceptSecret != .none else {
                throw Denial(.secretRefused, "a secret that was never seen")
            }
            return Array(query)
        }
        let now = environment.now()
        let peer = access.share.peer
        if let denial = policy.current.standing(of: peer, now: now).denial { throw denial }
        form.replace("t", with: try permanentSecret(of: access.share, at: access.place).text)
        return form.serialized()
    }
}
