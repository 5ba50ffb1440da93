import Foundation
import Gateway
import Transport

extension InstallationCheck {
    /// Whether the Unix sockets can be made that are listened at.
    mutating func sockets(of configuration: Configuration) {
        let addresses = configuration.listeners.map(\.address) + [configuration.egress?.listen]
        for case .unix(let path)? in addresses {
            let folder = (path as NSString).deletingLastPathComponent
            let place = folder.isEmpty ? "." : folder
            guard PrivateFile.presence(place) != .absent else {
                // That is made by what starts the service, as a rule.
                if place.hasPrefix("/run/") {
                    warn(path, SocketObstacle.noFolder.reason(at: path))
                } else {
                    find(path, SocketObstacle.noFolder.reason(at: path))
                }
                continue
            }
            let facts = try? FileManager.default.attributesOfItem(atPath: path)
            if let type = facts?[.type] as? FileAttributeType, type != .typeSocket {
                find(path, SocketObstacle.otherFile.reason(at: path))
            } else if !FileManager.default.isWritableFile(atPath: place) {
                warn(path, SocketObstacle.noPermission.reason(at: path))
            }
        }
    }
}
