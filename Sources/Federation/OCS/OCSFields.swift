internal import OpenSSL

/// Takes the parameters of a form, of OCS as a rule, with their sizes.
struct OCSFields {
    let form: FormBody

    /// Refused (`malformed_message`): names that PHP reads as others, two of one name, of which it takes the
    /// last, and another `format` than JSON, in which its answer is read: it takes that from the body before
    /// the query.
    init(_ form: FormBody) throws(Denial) {
        guard form.repeated == nil else {
            throw Denial(.malformedMessage, "a parameter stands there twice")
        }
        guard form.hasPlainNames else {
            throw Denial(.malformedMessage, "the name of a parameter is not plain")
        }
        guard
            form.parameters.allSatisfy({
                !$0.name.isSame(as: "format") || $0.value.isSame(as: "json")
            })
        else { throw Denial(.malformedMessage, "format is not json") }
        self.form = form
    }

    func required(_ name: String, upTo limit: Int = 1024) throws(Denial) -> String {
        guard let value = form[name] else {
            throw Denial(.malformedMessage, "\(name) is missing")
        }
        guard value.utf8.count <= limit else {
            throw Denial(.malformedMessage, "\(name) is too long")
        }
        return value
    }

    func secret() throws(Denial) -> Secret {
        let text = try required("token", upTo: 512)
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Denial(.malformedMessage, "token holds characters that no secret has")
        }
        return Secret(utf8: text)
    }

    func providerID(_ name: String) throws(Denial) -> ProviderID {
        guard let id = ProviderID(.string(try required(name, upTo: 255))) else {
            throw Denial(.malformedMessage, "\(name) is not an id")
        }
        return id
    }
}
