/// Messages of the federation, in the shapes of the field.
enum Messages {
    /// A share of a modern peer.
    static func share(
        from host: String, owner: String? = nil, id: String = "\"7\"",
        secret: String = "secret-of-seven",
        requirements: String = #","requirements":["must-exchange-token"]"#,
        to recipient: String = "bob@cloud.test"
    ) -> String {
        """
        {"shareWith":"\(recipient)","name":"a.txt","providerId":\(id),\
        "owner":"alice@\(owner ?? host)","sender":"alice@\(host)","shareType":"user",\
        "resourceType":"file","protocol":{"name":"multi","webdav":{"uri":"x7",\
        "sharedSecret":"\(secret)","permissions":["read"]\(requirements)}}}
        """
    }

    /// A share of Nextcloud 27: no `sender`, hosts as URLs, the deprecated shape.
    static func oldShare(from host: String, secret: String = "SECRET15CHARS00") -> String {
        """
        {"shareWith":"bob@https://cloud.test","name":"a.txt","providerId":7,\
        "owner":"alice@https://\(host)/","sharedBy":"alice@https://\(host)/",\
        "shareType":"user","resourceType":"file","protocol":{"name":"webdav","options":{\
        "sharedSecret":"\(secret)","permissions":"{http://open-cloud-mesh.org/ns}share-permissions"}}}
        """
    }

    static func notification(
        _ type: String = "SHARE_UNSHARED", id: String = "\"7\"", secret: String? = "secret-of-seven"
    ) -> String {
        let details = secret.map { #"{"sharedSecret":"\#($0)"}"# } ?? "{}"
        return """
            {"notificationType":"\(type)","resourceType":"file","providerId":\(id),\
            "notification":\(details)}
            """
    }

    static func invite(from host: String) -> String {
        """
        {"recipientProvider":"\(host)","token":"invitation-token","userID":"eve","email":"",\
        "name":"Eve"}
        """
    }

    static func inviteForm(from host: String) -> String {
        "recipientProvider=\(host)&token=invitation-token&userID=eve&email=&name=Eve"
    }
}
