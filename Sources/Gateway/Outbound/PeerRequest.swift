import Federation
import Transport

/// A request of the backend's to a server that the gate has admitted.
///
/// However it came, inside of an intercepted CONNECT, with an absolute target or behind the prefix
/// `/egress/HOST`, it stands for `https://authority` + `path`. Nothing of it has been sent yet.
package struct PeerRequest: Sendable {
    /// Whom policy judged.
    let peer: PeerHost
    /// Whom the backend named: `peer` again, as the transport dials it.
    let authority: Authority
    /// As the backend sent it. Its own target is not to be used, since the prefix form has another:
    /// `path` is, with `head.query`.
    let head: RequestHead
    /// In the canonical spelling of routed paths.
    let path: TargetPath
    let client: ClientConnection
    /// Unix seconds.
    let now: Int
}

extension PeerRequest {
    /// One spelling of a path, in which it is judged and sent on; the ordinary ones take one look.
    ///
    /// Refused (`malformed_path`): what some server would read as another path. A plain `.` is left out before
    /// (`docs/decisions/0072`).
    ///
    /// - Parameter head: of the request, which asks for data wherever it shows a credential.
    static func path(
        _ raw: ArraySlice<UInt8>, of head: RequestHead
    ) throws(Denial) -> TargetPath {
        if let ordinary = TargetPath(ordinary: raw) { return ordinary }
        do {
            let path = try TargetPath(TargetPath.leavingOutDots(raw), rule: .routed)
            // A peer that decodes again is to find no message where none was judged.
            _ = try PathJudgement<RouteFamily>.ofOdd(Array(path.text.utf8)[...]) {
                usual.judgedFamily(of: $0)
            }
            return path
        } catch {
            let isOfData = head.method.onData != nil && head.fields.contains(.authorization)
            throw Denial(error, ofData: isOfData)
        }
    }
}
