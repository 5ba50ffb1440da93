import Transport

/// Sends one request to a peer, once, and takes its whole answer.
typealias PeerSender = @Sendable (OutboundRequest) async -> Result<PeerReply, FetchFailure>

/// What a peer said to a message.
struct PeerReply: Sendable, Equatable {
    let status: Int
    let body: [UInt8]
}

extension OutboundClient {
    /// The sender of a gateway that runs; every address is judged before it is dialled.
    func sender() -> PeerSender {
        { request in
            do throws(FetchFailure) {
                let response = try await self.fetch(request)
                return .success(PeerReply(status: response.status, body: response.body))
            } catch { return .failure(error) }
        }
    }
}
