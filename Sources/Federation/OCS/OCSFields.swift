internal import OpenSSL

/// Takes the parameters of an OCS form with their sizes.
struct OCSFields {
    let form: FormBody

    /// PHP drops spaces in front of a name, turns dots and brackets into other names and lets the
    /// last of two win: none of that may reach it.
    init(_ form: FormBody) throws(Denial) {
        guard form.repeated == nil else {
            throw Denial(.malformedMessage, "a parameter stands there twice")
        }
        for (name, _) in form.parameters {
            let isPlain = name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
            guard isPlain, !name.isEmpty else {
                throw Denial(.malformedMessage, "the name of a parameter is not plain")
            }
        }
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
