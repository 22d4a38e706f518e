#!/usr/bin/env ruby
# A Ruby application without any session code: nginx lets only those through who are logged in, and says in headers who
# they are. In Rack the headers are env['HTTP_X_USER_ID'] and so on.

require 'json'
require 'webrick'

def header(request, name)
  (request[name] || '').dup.force_encoding('UTF-8')
end

# Loopback only: whoever can reach this port without nginx can claim to be anybody.
server = WEBrick::HTTPServer.new(BindAddress: '127.0.0.1', Port: Integer(ENV.fetch('PORT', '9292')), AccessLog: [],
                                 Logger: WEBrick::Log.new($stderr, WEBrick::Log::WARN))
server.mount_proc '/orders/' do |request, response|
  user = { id: header(request, 'X-User-Id'), name: header(request, 'X-User-Name'),
           roles: header(request, 'X-User-Roles').split(',') }
  response['Content-Type'] = 'application/json'
  response.body = JSON.generate(orders: [], for: user)
end
trap('TERM') { server.shutdown }
puts "listening on #{server.listeners.first.addr[1]}"
$stdout.flush
server.start
