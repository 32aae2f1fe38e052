delete from meta where key = 'ahead'
