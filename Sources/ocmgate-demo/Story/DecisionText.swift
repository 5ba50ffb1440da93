import Federation
import Transport

/// Words for what the gateway, the old server and an answer say.
enum DecisionText {
    /// The members of a decision that a reader wants, in the order of the judgement.
    static func describe(_ decision: JSONObject) -> String {
        let wanted = [
            "action", "status", "code", "by", "peer", "generation", "standing",
            "altered", "detail",
        ]
        let parts = wanted.compactMap { name -> String? in
            let text =
                name == "generation" ? generation(decision) : decision[name].flatMap(plain)
            return text.map { "\(name)=\($0)" }
        }
        return parts.isEmpty ? "decided" : parts.joined(separator: "  ")
    }

    /// By which standard the message was signed, for us or by us.
    static func generation(_ decision: JSONObject?) -> String? {
        decision?["signature"]?.object?["generation"]?.string
    }

    /// What reached the old server.
    static func describe(_ requests: [PlainRequest]) -> String {
        guard !requests.isEmpty else { return "(nothing reached it)" }
        return requests.map { request in
            var text = "\(request.method.rawValue) \(request.path)"
            if let body = try? JSONValue(parsing: request.body).object,
                let form = body["protocol"]?.object
            {
                text += "   protocol \(form["name"]?.string ?? "?")"
                text += ", owner \(body["owner"]?.string ?? "?")"
            }
            if let credential = request["authorization"] {
                let scheme = credential.prefix { $0 != " " }
                text += "   with its own secret (\(scheme))"
            }
            return text
        }.joined(separator: "; ")
    }

    /// Status and a short body; tokens are not shown.
    static func describe(_ response: BufferedResponse) -> String {
        let body = String(decoding: response.body.prefix(200), as: UTF8.self)
        if let members = try? JSONValue(parsing: response.body).object {
            let parts = members.members.prefix(4).map { member in
                let isToken = member.name == "access_token"
                return "\(member.name): \(isToken ? "…" : plain(member.value) ?? "…")"
            }
            return "\(response.status)  \(parts.joined(separator: ", "))"
        }
        let line = body.split(separator: "\n").first.map(String.init) ?? ""
        return line.isEmpty ? "\(response.status)" : "\(response.status)  \(line)"
    }

    /// The same of an answer that an old server got.
    static func describe(_ response: ProxiedRequest.Response) -> String {
        let line = response.text.split(separator: "\n").first.map { String($0.prefix(200)) } ?? ""
        let status = response.status == 0 ? "none" : String(response.status)
        return line.isEmpty || line.hasPrefix("<?xml") ? status : "\(status)  \(line)"
    }

    private static func plain(_ value: JSONValue) -> String? {
        if let text = value.string { return text.isEmpty ? nil : text }
        if let number = value.number { return number.text }
        if let flag = value.bool { return flag ? "yes" : "no" }
        if let list = value.array, !list.isEmpty {
            return list.compactMap(plain).joined(separator: ",")
        }
        return nil
    }
}
