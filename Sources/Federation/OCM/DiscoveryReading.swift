import OpenSSL

extension DiscoveryDocument {
    /// Why a body is not a discovery document.
    package enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
        /// Not strict JSON: a login page, for instance.
        case notJSON(JSONError)
        /// JSON without an `endPoint` that is a URL: Seafile switched off answers `{}`.
        case noEndPoint

        package var description: String {
            switch self {
            case .notJSON(let error):
                "no strict JSON (\(error.problem.rawValue), byte \(error.offset + 1))"
            case .noEndPoint: "no endPoint that is a URL"
            }
        }

        /// Whether the body was meant as a document all the same, and may say that the server signs: a
        /// JSON object that is not strict, and one whose `endPoint` is wrong. A page is none, nor is an
        /// object about something else, nor one that says that the server has it switched off.
        package func isOfDocument(_ body: [UInt8]) -> Bool {
            switch self {
            case .notJSON:
                let first = body.withoutByteOrderMark.first { !$0.isWhiteSpace }
                return first == UInt8(ascii: "{")
            case .noEndPoint:
                guard let object = (try? JSONValue(parsing: body))?.object,
                    let endPoint = object["endPoint"]
                else { return false }
                let isEmpty = endPoint.isNull || endPoint.string?.isEmpty == true
                return !isEmpty || object["enabled"]?.bool != false || Self.namesSigning(object)
            }
        }

        private static func namesSigning(_ object: JSONObject) -> Bool {
            ["publicKey", "publicKeys", "jwksUri", "capabilities", "criteria"].contains { name in
                guard let value = object[name], !value.isNull else { return false }
                return value.array?.isEmpty != true
            }
        }
    }

    /// Reads the document.
    ///
    /// Refused: what is no strict JSON, or more than 256 KiB (`notJSON`), and what has no `endPoint` that is a
    /// URL without a query (`noEndPoint`). What else is not as it should be is left out.
    package init(parsing bytes: [UInt8]) throws(Failure) {
        let value: JSONValue
        do { value = try JSONValue(parsing: bytes) } catch { throw .notJSON(error) }
        guard let object = value.object, let text = object["endPoint"]?.string,
            let parts = URLParts(text), parts.query == nil
        else { throw .noEndPoint }
        var reader = Reader(object: object)
        source = object
        endPointParts = parts
        endPoint = text.withoutEndSlashes
        isEnabled = object["enabled"]?.bool ?? false
        apiVersion = reader.string("apiVersion")
        let version = reader.string("version")
        self.version = version
        provider = reader.string("provider")
        software = provider.map { "\($0) \(version ?? "")".lowercased() }.map { name in
            name.hasSuffix(" ") ? String(name.dropLast()) : name
        }
        inviteAcceptDialog = reader.string("inviteAcceptDialog")
        let named = reader.resourceTypes("resourceTypes")
        let odd = named.isEmpty ? reader.resourceTypes("shareTypes") : []
        resourceTypes = named.isEmpty ? odd : named
        listsShareTypes = object["shareTypes"] != nil
        let abilities = reader.words("capabilities")
        let demands = reader.words("criteria")
        capabilities = Set(abilities.compactMap(Capability.init(spelled:)))
        criteria = Set(demands.compactMap(Criterion.init(spelled:)))
        namesHTTPSig =
            abilities.contains(Capability.httpSig.rawValue)
            || demands.contains(Criterion.mustUseHTTPSig.rawValue)
        tokenEndPoint = reader.url("tokenEndPoint")
        jwksURI = reader.url("jwksUri")
        signatureKeys = reader.keys()
        oddities = reader.oddities
    }
}

/// Takes members of the types that we know and notes all others.
private struct Reader {
    let object: JSONObject
    var oddities: [String] = []

    init(object: JSONObject) { self.object = object }

    mutating func string(_ name: String) -> String? {
        guard let value = object[name], !value.isNull else { return nil }
        if let text = value.string { return text.isEmpty ? nil : text }
        oddities.append("\(name) is not a string")
        return nil
    }

    mutating func url(_ name: String) -> URLParts? {
        guard let text = string(name) else { return nil }
        if let parts = URLParts(text), parts.scheme == .https { return parts }
        oddities.append("\(name) is not an https URL")
        return nil
    }

    /// Words in any spelling: a slash in front, capitals, underscores.
    mutating func words(_ name: String) -> [String] {
        guard let value = object[name], !value.isNull else { return [] }
        guard let elements = value.array else {
            oddities.append("\(name) is not a list")
            return []
        }
        return elements.compactMap { element in
            guard let text = element.string else { return nil }
            let word = text.hasPrefix("/") ? text.dropFirst() : Substring(text)
            return String(word.lowercased().map { $0 == "_" ? "-" : $0 })
        }
    }

    /// A list of types, or the one object that Seafile puts in its place.
    mutating func resourceTypes(_ name: String) -> [DiscoveryDocument.ResourceType] {
        guard let value = object[name], !value.isNull else { return [] }
        var elements = value.array ?? []
        if let single = value.object {
            oddities.append("\(name) is an object")
            elements = [.object(single)]
        }
        return elements.compactMap { element in
            guard let object = element.object, let name = object["name"]?.string else { return nil }
            return DiscoveryDocument.ResourceType(
                name: name, shareTypes: object["shareTypes"]?.array?.compactMap(\.string) ?? [],
                protocols: object["protocols"]?.object ?? JSONObject())
        }
    }

    /// `publicKey` as object, bare PEM or null, and the short-lived `publicKeys`.
    mutating func keys() -> [DiscoveryDocument.SignatureKey] {
        var keys: [DiscoveryDocument.SignatureKey] = []
        if let value = object["publicKey"], !value.isNull {
            if let pem = value.string {
                oddities.append("publicKey is a string")
                keys.append(.init(keyId: nil, pem: pem, algorithm: nil))
            } else if let key = key(value) {
                keys.append(key)
            } else {
                oddities.append("publicKey has no publicKeyPem")
            }
        }
        for value in object["publicKeys"]?.array ?? [] {
            if let key = key(value) { keys.append(key) }
        }
        return keys
    }

    private func key(_ value: JSONValue) -> DiscoveryDocument.SignatureKey? {
        guard let object = value.object, let pem = object["publicKeyPem"]?.string else {
            return nil
        }
        return .init(
            keyId: object["keyId"]?.string, pem: pem, algorithm: object["algorithm"]?.string)
    }
}

extension DiscoveryDocument.Capability {
    /// From a word without slash, in lower case and with hyphens.
    init?(spelled word: String) {
        switch word {
        case "token-exchange", "receive-code": self = .exchangeToken
        case "invite-accepted": self = .invites
        case "http-request-signatures": self = .httpSig
        case "mfa-capable": self = .enforceMFA
        default: self.init(rawValue: word)
        }
    }
}

extension DiscoveryDocument.Criterion {
    init?(spelled word: String) {
        switch word {
        case "http-request-signatures": self = .mustUseHTTPSig
        case "token-exchange", "code": self = .mustExchangeToken
        case "invite": self = .mustInvite
        default: self.init(rawValue: word)
        }
    }
}
