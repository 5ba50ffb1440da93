/// Has every answer of a handler say that the site is to be asked for by TLS alone
/// (`Strict-Transport-Security`, RFC 6797); what an upstream says of that does not pass.
struct StrictTransport: RequestHandler {
    private let other: any RequestHandler
    private let value: String

    init(_ time: Duration, before other: any RequestHandler) {
        self.other = other
        value = "max-age=\(max(0, time.components.seconds))"
    }

    func plan(_ head: RequestHead, from client: ClientConnection) -> Plan {
        marked(other.plan(head, from: client))
    }

    func refuse(
        _ failure: RequestFailure, of start: RequestStart, from client: ClientConnection
    ) -> Answer {
        marked(other.refuse(failure, of: start, from: client))
    }

    private func marked(_ plan: Plan) -> Plan {
        switch plan {
        case .answer(let answer): .answer(marked(answer))
        case .read(let limit, let then): .read(limit: limit) { marked(await then($0)) }
        case .prepare(let decide): .prepare { marked(await decide($0)) }
        case .forward(let forwarding): .forward(marked(forwarding))
        case .tunnel, .intercept: plan
        }
    }

    private func marked(_ answer: Answer) -> Answer {
        var answer = answer
        answer.fields.append((Self.name.description, value))
        return answer
    }

    private func marked(_ forwarding: Forwarding) -> Forwarding {
        var forwarding = forwarding
        let (onHead, replacing, onFailure) = (
            forwarding.onHead, forwarding.replacing, forwarding.onFailure
        )
        forwarding.onHead = { head in
            let edit = onHead?(head) ?? .none
            return HeadEdit(
                keep: edit.keep, remove: edit.remove + [Self.name],
                add: edit.add + [(Self.name, value)], transform: edit.transform)
        }
        if let replacing {
            forwarding.replacing = { head in
                switch replacing(head) {
                case .answer(let answer): .answer(marked(answer))
                case .plan(let plan): .plan { marked(await plan()) }
                case nil: nil
                }
            }
        }
        if let withdrawn = forwarding.withdrawn {
            forwarding.withdrawn = { withdrawn($0).map { marked($0) } }
        }
        if let onData = forwarding.onData {
            forwarding.onData = { onData($0).map { marked($0) } }
        }
        forwarding.onFailure = { failure in
            marked(onFailure?(failure) ?? Answer(status: failure.status))
        }
        return forwarding
    }

    private static let name = FieldName("strict-transport-security")
}
