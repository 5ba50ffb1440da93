/// The properties of a shared file as the answer to HEAD tells them, for readers that go by PROPFIND.
package struct FileProperties: Sendable {
    package let length: Int
    /// `Last-Modified`, as it came.
    package let modified: String?
    /// `ETag`, as it came.
    package let tag: String?
    /// `Content-Type` without its parameters: Nextcloud takes one with a charset for no type that it knows.
    package let type: String?
    /// What the share allows.
    package let permissions: SharePermissions

    package init(
        length: Int, modified: String? = nil, tag: String? = nil, type: String? = nil,
        permissions: SharePermissions
    ) {
        self.length = length
        self.modified = modified
        self.tag = tag
        self.type = type.map { $0.prefix { $0 != ";" && $0 != " " } }.map(String.init)
        self.permissions = permissions
    }

    /// The answer to a PROPFIND of the file alone (RFC 4918, section 13). What it allows is said in the two
    /// properties by which Nextcloud and ownCloud find that out.
    ///
    /// - Parameter path: that of the request, with its escapes.
    package func multistatus(at path: String) -> [UInt8] {
        let isWritable = permissions.includes("write")
        var properties = "<d:resourcetype/><d:getcontentlength>\(length)</d:getcontentlength>"
        let told = [("getlastmodified", modified), ("getetag", tag), ("getcontenttype", type)]
        for (name, value) in told {
            guard let value else { continue }
            properties += "<d:\(name)>\(Self.escaped(value))</d:\(name)>"
        }
        properties += "<oc:permissions>\(isWritable ? "W" : "")</oc:permissions>"
        properties += "<ocs:share-permissions>\(isWritable ? 3 : 1)</ocs:share-permissions>"
        let document = """
            <?xml version="1.0" encoding="utf-8"?>
            <d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" \
            xmlns:ocs="http://open-collaboration-services.org/ns"><d:response>\
            <d:href>\(Self.escaped(path))</d:href><d:propstat><d:prop>\(properties)</d:prop>\
            <d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>
            """
        return Array(document.utf8)
    }

    private static func escaped(_ text: String) -> String {
        String(decoding: XMLText.escaped(Array(text.utf8)), as: UTF8.self)
    }
}
