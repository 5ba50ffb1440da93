package import Federation
import HTTPSignatures

/// A message in a file, as far as it says itself what the policy asks about: a raw HTTP request, or
/// only the JSON of its body.
///
/// Nothing is verified: a signature that is there counts as good. `sig verify` looks at it.
package struct MessageFile: Sendable {
    /// Why a file is no message that a policy can be asked about.
    package struct Problem: Error, CustomStringConvertible {
        package let description: String
    }

    /// A message of the peer that it names, or to the one that it is for, ordinary in what no message
    /// says of itself.
    package let facts: Facts

    /// - Parameters:
    ///   - ours: the names of the site, its own first; none: the `Host` of what comes in.
    ///   - direction: which way it goes.
    package init(
        _ bytes: [UInt8], ours: [PeerHost] = [], _ direction: Direction = .inbound
    ) throws(Problem) {
        let isBody = bytes.first { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 } == 0x7B
        do throws(Denial) {
            facts =
                isBody
                ? try Self.body(bytes, ours, direction)
                : try Self.request(try Self.raw(bytes), ours, direction)
        } catch {
            throw Problem(description: error.detail)
        }
    }

    private static func raw(_ bytes: [UInt8]) throws(Denial) -> RawMessage {
        do { return try RawMessage(bytes) } catch {
            throw Denial(.malformedRequest, "this is neither JSON nor an HTTP message: \(error)")
        }
    }

    private static func request(
        _ raw: RawMessage, _ ours: [PeerHost], _ direction: Direction
    ) throws(Denial) -> Facts {
        guard case .request(let method, let target) = raw.message.start else {
            throw Denial(.malformedRequest, "an answer is not judged by a policy")
        }
        var facts = try message(method, target.path, raw, ours, direction)
        // What goes out the gateway signs where it can.
        guard direction == .inbound else { return facts }
        if raw.message.combined("signature-input") != nil {
            facts.signature = .rfc9421
        } else if raw.message.combined("signature") != nil {
            facts.signature = .cavage
        } else {
            facts.signature = .none
        }
        return facts
    }

    private static func message(
        _ method: String, _ path: String, _ raw: RawMessage, _ ours: [PeerHost],
        _ direction: Direction
    ) throws(Denial) -> Facts {
        let host = raw.message.combined("host").flatMap {
            PeerHost(String(decoding: $0, as: UTF8.self))
        }
        let site: [PeerHost]
        let way: Way
        switch direction {
        case .inbound:
            (site, way) = (ours.isEmpty ? host.map { [$0] } ?? [] : ours, .inbound(signer(of: raw)))
        case .outbound: (site, way) = (ours, .outbound(to: host))
        }
        let type = raw.message.combined("content-type").flatMap {
            MediaType(String(decoding: $0, as: UTF8.self))
        }
        switch RouteTable(kind: .nextcloud).route(method: method, path: path) {
        case .ocm(let endpoint):
            return facts(try .ocm(endpoint, raw.body, type ?? .json), way, site)
        case .token:
            return facts(.token(try TokenRequest(parsing: raw.body, type: type)), way, site)
        case .ocs(let call):
            return facts(try .ocs(call.action, try FormBody(parsing: raw.body)), way, site)
        case .discovery, .ocsProvider, .jwks, .webdav, .shareInfo, .linkShare,
            .application, .inviteDialog, .status, .passThrough, .methodNotAllowed,
            .unknownEndpoint, .unplaced, .elsewhere:
            throw Denial(.notFound, "\(method) \(path) is no message of the federation")
        }
    }

    /// Who signed it, as the name of the key says.
    private static func signer(of raw: RawMessage) -> NamedSigner {
        let names = ["signature-input", "signature"]
        guard names.contains(where: { raw.message.combined($0) != nil }) else { return .nobody }
        let key = (try? PresentedSignature(raw.message))?.keyID
        let host = key.flatMap { PresentedSignature.host(ofKeyID: $0) }
        return host.map(NamedSigner.host) ?? .keyOnly
    }

    /// A body alone tells by its members what it is. It says nothing of a signature. Refused: what is no
    /// message.
    private static func body(
        _ bytes: [UInt8], _ ours: [PeerHost], _ direction: Direction
    ) throws(Denial) -> Facts {
        let value: JSONValue
        do { value = try JSONValue(parsing: bytes) } catch { throw error.denial }
        let members = value.object ?? JSONObject()
        let endpoint: OCMEndpoint
        if members["notificationType"] != nil {
            endpoint = .notifications
        } else if members["recipientProvider"] != nil {
            endpoint = .inviteAccepted
        } else if members["protocol"] != nil {
            endpoint = .shares
        } else if members["share"] != nil {
            endpoint = .requestShare
        } else {
            throw Denial(.malformedMessage, "this is the body of no message of the federation")
        }
        let way: Way =
            switch direction {
            case .inbound: .inbound(.keyOnly)
            case .outbound: .outbound(to: nil)
            }
        return facts(try .ocm(endpoint, bytes, .json), way, ours)
    }

    /// Which way a message goes, signed by whom, and to whom as its request says.
    private enum Way {
        case inbound(NamedSigner)
        case outbound(to: PeerHost?)
    }

    private static func facts(_ message: Message, _ way: Way, _ site: [PeerHost]) -> Facts {
        var facts: Facts
        switch way {
        case .inbound(let signer):
            let claim = message.ownClaim?.received(at: site)
            facts = ordinary(message, .inbound, peer: signer.peer(of: claim))
            facts.fill(from: message, ours: site)
            if let claim { facts.alsoNamed = claim.hosts(besides: facts.peer) }
        case .outbound(let host):
            facts = ordinary(message, .outbound, peer: host ?? message.addressee)
            // How its data will be reached is up to the receiver.
            let access = facts.access
            facts.fill(from: message, ours: site)
            facts.access = access
        }
        return facts
    }

    private static func ordinary(
        _ message: Message, _ direction: Direction, peer: PeerHost?
    ) -> Facts {
        let isChange = if case .ocsChange = message { true } else { false }
        return .ordinary(Occasion(message.kind, direction), peer: peer, isChange: isChange)
    }
}

extension Message {
    /// The host that it is for by its own words; nil for those that do not say.
    fileprivate var addressee: PeerHost? {
        switch self {
        case .share(let share): share.shareWith.saidOnce.host
        case .requestShare(let request): request.owner.host
        case .notification, .inviteAccepted, .token, .ocsShare, .ocsChange: nil
        }
    }
}

extension NamedSigner {
    /// The peer that is judged where a message claims that (`docs/decisions/0003`).
    fileprivate func peer(of claim: Claim?) -> PeerHost? {
        if case .nobody = self { return claim?.peer }
        guard let claim else { return host }
        return claim.signers.first { $0 == host } ?? claim.signers.first
    }
}
