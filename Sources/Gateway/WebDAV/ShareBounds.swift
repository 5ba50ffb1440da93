import Federation
import Transport

/// What a share would let its reader do beyond what is shared, or for longer, by a backend's own doing.
extension Gateway {
    /// Refused (`not_allowed`): the refreshing of a lock, at a backend that then forgets when it ends; a file
    /// that is written, or may be copied with its folder later, by a name for which a backend takes it for a
    /// piece of an upload, which may be anybody's.
    ///
    /// - Parameter destination: of MOVE and COPY, at the backend.
    func refuseBeyondShare(
        _ request: DataRequest, to destination: String?
    ) throws(Denial) {
        switch request.head.method {
        case .lock:
            // Without this field nothing is refreshed (RFC 4918, section 9.10.2).
            guard request.head.fields.contains(.if), backend.view.backend.forgetsEndsOfLocks else {
                return
            }
            throw Denial(.notAllowed, "a lock that is refreshed would never end")
        case .put: try refusePiece(request.path.text)
        case .copy, .move: try refusePiece(destination ?? request.path.text)
        case _: break
        }
    }

    private func refusePiece(_ path: String) throws(Denial) {
        guard backend.view.backend.joinsPiecesByName, path.namesPieceOfUpload else { return }
        throw Denial(.notAllowed, "the name of a piece of an upload, which may be anybody's")
    }
}

extension DataRequest {
    /// How long a lock that is taken by a share may last, as `Timeout` says it (RFC 4918, section 10.7):
    /// what was asked for, from a second to half an hour, and half an hour for anything else, and nothing.
    ///
    /// Nobody ends the lock when its share is over, and servers of the reva family let not even its owner.
    var lockTimeout: String {
        let (unit, longest) = ("Second-", UInt32(1800))
        let text = head.fields.text(.timeout) ?? ""
        let asked = text.hasPrefix(unit) ? UInt32(text.dropFirst(unit.count)) : nil
        // To the reva family a lock of no seconds has no end.
        return "\(unit)\(max(1, min(asked ?? longest, longest)))"
    }
}

extension FieldName {
    static let timeout = FieldName("timeout")
}
