import Federation
import Transport

/// What a share that goes out is of, where the backend does not say.
extension Gateway {
    /// The share of a folder as one, for a peer that takes the word for it, where the backend calls files
    /// and folders alike (`legacy-wire.md` 2.1).
    ///
    /// The backend is asked by the share's own secret, as a receiver would ask it. Where it does not
    /// answer soon enough, its word stands: the sender of the message waits meanwhile.
    func named(
        _ share: Share, by translation: OutboundTranslation, _ client: ClientConnection,
        _ trail: Trail
    ) async -> Share {
        let view = backend.view
        guard translation.needsFoldersNamed(share), !view.backend.knowsFolders, share.isOfFiles,
            share.resourceType == "file", view.backend.credential == .basic,
            let secret = share.webdav?.secret,
            let answer = try? await sharedProperties(
                by: secret, limit: Self.longestProperties,
                deadline: min(backend.timeouts.headers, .seconds(2)), for: client,
                asking: .client, trail),
            answer.status == 207, !answer.isCoded,
            (try? MultistatusRewriter.isOfFolder(answer.body.span)) == true,
            let folder = try? share.ofFolder()
        else { return share }
        trail.altered("folder")
        return folder
    }

    /// Bytes of the properties of one resource.
    private static let longestProperties = 64 << 10
}
