import Federation

/// Discovery documents as servers publish them, without line breaks; above each is where it is from: a
/// recording below `Tests/Vectors`, or a section of the design's page on older servers.
enum DiscoverySamples {
    /// `wire/nc27.1.3-to-nc27.1.3.json`, `/ocm-provider/`.
    static let nextcloud27 =
        #"{"enabled":true,"apiVersion":"1.0-proposal1","endPoint":"https:\/\/nc27b.test\/ocm","resourceTypes":[{"name":"file","shareTypes":["user","group"],"protocols":{"webdav":"\/public.php\/webdav\/"}}]}"#

    /// `wire/nc33.0.3-to-nc33.0.3.json`, `/.well-known/ocm`, with a short key; what Talk adds is of `legacy-wire.md` 1.1.
    static let nextcloud33 =
        #"{"enabled":true,"apiVersion":"1.0-proposal1","version":"1.1.0","endPoint":"https://nc33a.test/ocm","publicKey":{"keyId":"https://nc33a.test/ocm#signature","publicKeyPem":"-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"},"provider":"Nextcloud 33.0.3.2","resourceTypes":[{"name":"file","shareTypes":["user","group"],"protocols":{"webdav":"/public.php/webdav/"}},{"name":"talk-room","shareTypes":["user"],"protocols":{"talk-v1":"/ocs/v2.php/apps/spreed/api/"}}],"capabilities":["invite-accepted","notifications","shares"]}"#

    /// Not recorded: composed by `legacy-wire.md` 1.1 (Nextcloud 35).
    static let nextcloud35 =
        #"{"enabled":true,"apiVersion":"1.0-proposal1","version":"1.1.2","endPoint":"https://nc35.test/ocm","publicKey":{"keyId":"https://nc35.test/ocm#signature","publicKeyPem":"-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"},"provider":"Nextcloud 35.0.0.1","resourceTypes":[{"name":"file","shareTypes":["user","group"],"protocols":{"webdav":"/public.php/webdav/"}}],"capabilities":["notifications","shares","exchange-token","http-sig"],"tokenEndPoint":"https://nc35.test/index.php/apps/cloud_federation_api/api/v1/access-token","jwksUri":"https://nc35.test/.well-known/jwks.json"}"#

    /// `wire/oc10.15.2-to-oc10.15.2.json`, `/ocm-provider/`.
    static let owncloud10 =
        #"{"enabled":true,"apiVersion":"1.0-proposal1","endPoint":"https:\/\/oc10b.test\/apps\/federatedfilesharing","shareTypes":[{"name":"file","protocols":{"webdav":"\/public.php\/webdav\/"}}]}"#

    /// `wire/direct-fail-ocmgo-vs-legacy.json`, `/.well-known/ocm`.
    static let opencloud =
        #"{"enabled":true,"apiVersion":"1.1.0","endPoint":"https://opencloud2.test/ocm","provider":"OpenCloud","resourceTypes":[{"name":"file","shareTypes":["user"],"protocols":{"webdav":"/dav/ocm"}}],"capabilities":["/invite-accepted"]}"#

    /// Not recorded: composed by the table of `legacy-wire.md` 1.4 (cs3org reva).
    static let reva =
        #"{"enabled":true,"apiVersion":"1.3.0","endPoint":"https://cern.test/ocm","provider":"CERNBox","resourceTypes":[{"name":"file","shareTypes":["user"],"protocols":{"webdav":"/remote.php/dav/ocm","webdav-receive":{"uri":"absolute"}}},{"name":"folder","shareTypes":["user"],"protocols":{"webdav":"/remote.php/dav/ocm"}}],"capabilities":["invites","protocol-object","invite-wayf"],"criteria":["must-invite"],"inviteAcceptDialog":"https://cern.test/open-cloud-mesh/accept-invite"}"#

    /// `wire/opencloudmesh-go-strict-to-opencloudmesh-go.json`, `/.well-known/ocm`.
    static let opencloudmeshgo =
        #"{"enabled":true,"apiVersion":"1.4.0","endPoint":"https://ocmgo1.test/ocm","provider":"OpenCloudMesh","resourceTypes":[{"name":"file","shareTypes":["user"],"protocols":{"webdav":"/webdav/ocm/","webdav-receive":{"uri":"relative"}}}],"capabilities":["http-sig","exchange-token","invites","invite-wayf","notifications"],"criteria":["must-use-http-sig","must-exchange-token","must-invite"],"tokenEndPoint":"https://ocmgo1.test/ocm/token","jwksUri":"https://ocmgo1.test/ocm/jwks","inviteAcceptDialog":"https://ocmgo1.test/ui/accept-invite"}"#

    /// Not recorded: as seahub 11 writes it (`seahub/ocm_via_webdav/ocm_api.py`), which has no path yet.
    static let seafile11 =
        #"{"apiVersion":"1.0-proposal1","enabled":true,"endPoint":"https://sea.test/ocm-via-webdav/","resourceTypes":{"name":"file","protocols":{"webdav":"\#("TO" + "DO")"},"shareTypes":["user"]}}"#

    /// `legacy-wire.md` 1.5 (`ENABLE_OCM_VIA_WEBDAV`).
    static let seafile =
        #"{"apiVersion":"1.0-proposal1","enabled":true,"endPoint":"https://sea.test/ocm-via-webdav/","resourceTypes":[{"name":"file","protocols":{"webdav":"seafdav"},"shareTypes":["user"]}]}"#

    /// A gateway like this one in front of an ownCloud.
    static let gateway = String(
        decoding: ServedDiscovery(
            origin: "https://gate.test", provider: "Example University",
            signatureKey: ServedDiscovery.SignatureKey(
                keyId: "https://gate.test/ocm#gateway", pem: "PEM")
        ).document(for: .owncloud10, nil), as: UTF8.self)

    static func document(_ text: String) throws -> DiscoveryDocument {
        try DiscoveryDocument(parsing: Array(text.utf8))
    }
}
