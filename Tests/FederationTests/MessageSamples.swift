import Federation

/// Bodies as servers write them, without line breaks, with secrets and names of our own; above each is
/// where it is from: a recording below `Tests/Vectors`, or a section of the design's page on older servers.
enum Samples {
    /// `wire/nc27.1.3-to-nc27.1.3.json`, `/ocm/shares`.
    static let nextcloud27 =
        #"{"shareWith":"bob@https:\/\/nc27b.test","shareType":"user","name":"doc.txt","resourceType":"file","description":"","providerId":22,"owner":"alice@https:\/\/nc27a.test\/","ownerDisplayName":"alice","sharedBy":"alice@https:\/\/nc27a.test\/","sharedByDisplayName":"alice","protocol":{"name":"webdav","options":{"sharedSecret":"SECRET15CHARS00","permissions":"{http:\/\/open-cloud-mesh.org\/ns}share-permissions"}}}"#

    /// `wire/nc33.0.3-to-nc33.0.3.json`, `/ocm/shares`.
    static let nextcloud33 =
        #"{"shareWith":"bob@https:\/\/nc33b.test","shareType":"user","name":"doc.txt","resourceType":"file","description":"","providerId":"26","owner":"alice@nc33a.test","ownerDisplayName":"alice","sharedBy":"alice@nc33a.test","sharedByDisplayName":"alice","sender":"alice@nc33a.test","senderDisplayName":"alice","protocol":{"name":"webdav","options":{"sharedSecret":"SECRET15CHARS00","permissions":"{http:\/\/open-cloud-mesh.org\/ns}share-permissions"}}}"#

    /// `wire/oc10.15.2-to-oc10.15.2.json`, `/apps/federatedfilesharing/shares`.
    static let owncloud10 =
        #"{"shareWith":"bob@oc10b.test","name":"doc.txt","providerId":"10","owner":"alice@https:\/\/oc10a.test","ownerDisplayName":"alice","sender":"alice@https:\/\/oc10a.test","senderDisplayName":"alice","shareType":"user","resourceType":"file","protocol":{"name":"webdav","options":{"sharedSecret":"SECRET15CHARS00"}}}"#

    /// `wire/opencloud-0.1.0-to-opencloud.json`, `/ocm/shares`; ids cut short.
    static let opencloud =
        #"{"shareWith":"056fc874@https://opencloud2.test","name":"dir","description":"","providerId":"2bd4e667","owner":"YjFm@opencloud1.test","sender":"YjFm@opencloud1.test","ownerDisplayName":"","senderDisplayName":"Alan Turing","shareType":"user","expiration":0,"resourceType":"folder","protocol":{"name":"multi","options":{},"webdav":{"sharedSecret":"SECRET15CHARS00","permissions":["read"],"url":"https://opencloud1.test/dav/ocm/2bd4e667"}}}"#

    /// `wire/opencloudmesh-go-strict-to-opencloudmesh-go.json`, `/ocm/shares`; ids cut short.
    static let opencloudmeshgo =
        #"{"shareWith":"admin@ocmgo2.test","name":"go.txt","providerId":"01a2","owner":"MDFh@ocmgo1.test","sender":"MDFh@ocmgo1.test","shareType":"user","resourceType":"file","protocol":{"name":"multi","webdav":{"uri":"01a20a35","sharedSecret":"SECRET15CHARS00","permissions":["read"],"requirements":["must-exchange-token"]}}}"#

    /// Not recorded: composed by `legacy-wire.md` 2.2 and 7.1, both forms of `protocol` in one.
    static let nextcloud35 =
        #"{"shareWith":"bob@h.test","shareType":"user","name":"doc.txt","resourceType":"file","providerId":"7","owner":"alice@nc35.test","sender":"alice@nc35.test","sharedBy":"alice@nc35.test","protocol":{"name":"webdav","options":{"sharedSecret":"SECRET15CHARS00","permissions":"{http://open-cloud-mesh.org/ns}share-permissions"},"webdav":{"uri":"abc","sharedSecret":"SECRET15CHARS00","permissions":["read","write"]}}}"#

    /// Not recorded: composed by `legacy-wire.md` 2.1 (calendar share).
    static let calendar =
        #"{"shareWith":"bob@h.test","shareType":"user","name":"cal","resourceType":"calendar","providerId":"calendar","owner":"alice@nc33a.test","sharedBy":"alice@nc33a.test","protocol":{"name":"webdav","options":{"sharedSecret":"SECRET15CHARS00"},"version":"v1","url":"https://nc33a.test/remote.php/dav/remote-calendars/x","displayName":"cal","color":null,"access":2,"components":"VEVENT"}}"#

    /// Not recorded: composed by `legacy-wire.md` 2.1 (Talk share).
    static let talk =
        #"{"shareWith":"bob@h.test","shareType":"user","name":"room","resourceType":"talk-room","providerId":"5","owner":"alice@nc33a.test","sharedBy":"alice@nc33a.test","protocol":{"name":"nctalk","options":{"sharedSecret":"SECRET15CHARS00","roomName":"x"},"invitedCloudId":"bob@h.test","roomType":3}}"#

    /// Not recorded: composed by `legacy-wire.md` 2.1 and 7.1 (Talk share of Nextcloud 35).
    static let talk35 = talk.replacing(
        #""options":{"sharedSecret":"SECRET15CHARS00","roomName":"x"},"#,
        with: #""webdav":{"uri":"5","sharedSecret":"SECRET15CHARS00"},"roomName":"x","#)

    static func share(_ text: String) throws -> Share { try Share(parsing: Array(text.utf8)) }
}

extension TranslatedBody {
    var text: String { String(decoding: bytes, as: UTF8.self) }
}
