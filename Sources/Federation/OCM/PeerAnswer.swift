package import OpenSSL

/// What a peer said to a message of the backend, turned into what makes the backend do the right
/// thing (`protocol.md` 9.2 and 9.4).
package enum PeerAnswer: Sendable, Equatable {
    /// Taken: this status and body for the backend.
    case taken(status: Int, body: [UInt8])
    /// The peer will not have it; the status of the denial is the backend's.
    case refused(Denial)
    /// Nobody knows whether the peer has it: a server in trouble, a page, no answer. The backend may
    /// send it again.
    case uncertain(Denial)

    /// - Parameters:
    ///   - secrets: the secrets of the request, to be kept out of log and answer.
    ///   - swaps: secrets of the answer to be replaced; see ``ReshareAnswer``.
    package init(
        to endpoint: OCMEndpoint, status: Int, body: [UInt8], for backend: BackendKind,
        secrets: [Secret] = [], swaps: [SecretSwap] = []
    ) {
        switch BackendAnswer(
            to: endpoint, status: status, body: body, secrets: secrets, swaps: swaps)
        {
        case .delivered(let status, let body): self = .taken(status: status, body: body)
        case .refused(let denial):
            let isRefusal = (400...499).contains(status) && ![408, 425, 429].contains(status)
            if isRefusal || status == 501 {
                self = .refused(Self.denial(denial, endpoint, .refused(status), backend))
            } else {
                self = .uncertain(Self.denial(denial, endpoint, .uncertain, backend))
            }
        }
    }

    /// No answer came, or none that can be read; `reason` is for the log.
    package init(missing reason: String, to endpoint: OCMEndpoint, for backend: BackendKind) {
        let denial = Denial(.notDelivered, reason)
        self = .uncertain(Self.denial(denial, endpoint, .uncertain, backend))
    }

    /// The same, with more detail of what the peer did not take.
    package func adding(_ detail: String) -> PeerAnswer {
        switch self {
        case .taken: self
        case .refused(let denial): .refused(denial.adding(detail))
        case .uncertain(let denial): .uncertain(denial.adding(detail))
        }
    }

    private static func denial(
        _ denial: Denial, _ endpoint: OCMEndpoint, _ end: BackendKind.End, _ backend: BackendKind
    ) -> Denial {
        let told = Denial(
            .notDelivered, status: backend.status(of: end, at: endpoint),
            denial.detail.replacing("backend", with: "peer"),
            retryAfter: end == .uncertain ? 60 : nil, words: denial.words)
        return denial.message.map { told.saying($0) } ?? told
    }

    /// Whether the refusal is for the signature, by its words: then, and only then, another
    /// generation may be tried. 400 and 401 only.
    package static func blamesSignature(status: Int, body: [UInt8]) -> Bool {
        guard status == 400 || status == 401 else { return false }
        let text = String(decoding: body.prefix(4096), as: UTF8.self).lowercased()
        return ["signature", "unsigned", "supposed to sign"].contains { text.contains($0) }
    }
}

extension BackendKind {
    /// How a message of the backend ended, when it was not taken.
    package enum End: Sendable, Equatable {
        /// For good, with this status: by the peer, or by the policy.
        case refused(Int)
        /// It may be sent again.
        case uncertain
    }

    /// The status that makes the backend do the right thing.
    ///
    /// A share that Nextcloud or ownCloud did not get rid of it sends again at once, unsigned, over
    /// the older API, whatever the status is but 201 and 500. A refused share therefore ends with
    /// 500, an uncertain one with 503: what comes over the older API then is the same share, and is
    /// sent in the same words. Of notifications they repeat whatever is not 201, the failed ones
    /// later (`legacy-wire.md` 2.3, 3.1).
    package func status(of end: End, at endpoint: OCMEndpoint) -> Int {
        switch end {
        case .uncertain: return 503
        case .refused(let status):
            switch (self, endpoint) {
            case (.nextcloud, .shares), (.owncloud10, .shares): return 500
            case (_, .shares), (_, .notifications), (_, .inviteAccepted), (_, .requestShare):
                return (400...499).contains(status) || status == 501 ? status : 400
            }
        }
    }
}
