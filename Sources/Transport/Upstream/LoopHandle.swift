package import NIOCore

/// One event loop with the upstream connections that it keeps.
package struct LoopHandle: Sendable {
    let eventLoop: any EventLoop

    package init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Sends a request to `upstream` and takes its whole answer, on a connection of this loop.
    package func exchange(
        _ request: BufferedRequest, with upstream: Upstream
    ) async throws(UpstreamFailure) -> BufferedResponse {
        throw .shutdown
    }
}
